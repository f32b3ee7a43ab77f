// When the kernel looks at the clock, and at what its verbs left behind: at the two ends of the outermost
// one.
#pragma once

namespace al::wasm {

class Verbs {
 public:
  Verbs() = default;
  Verbs(const Verbs&) = delete;
  Verbs& operator=(const Verbs&) = delete;

  /// Stands at the head of whatever the platform calls: every function of the boundary, every event of a
  /// transport. The host may call back in from a callback; what must not happen under another verb's feet
  /// happens when the outermost one ends.
  class Verb {
   public:
    explicit Verb(Verbs& verbs) : verbs_(verbs) {
      if (verbs_.under_way_++ == 0) verbs_.begin_verb();
    }
    ~Verb() {
      if (--verbs_.under_way_ == 0) verbs_.end_verb();
    }
    Verb(const Verb&) = delete;
    Verb& operator=(const Verb&) = delete;

   private:
    Verbs& verbs_;
  };

 protected:
  ~Verbs() = default;

 private:
  virtual void begin_verb() = 0;
  virtual void end_verb() = 0;

  int under_way_ = 0;
};

}  // namespace al::wasm
