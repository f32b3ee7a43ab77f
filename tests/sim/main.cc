// agentlattice_sim: runs simulated worlds, each from a seed, and stops at the first in which an invariant
// breaks.
//
//   --seeds N     worlds 1 to N (default 100)
//   --seed N      only world N
//   --trace       with --seed: everything that happens in it
//
// A broken world is run a second time, with its trace: what the number makes, it makes again.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "world.h"

namespace {

using namespace al;
using namespace al::sim;

constexpr std::uint64_t seeds_default = 100;
/// Every so many worlds, one is run twice: both must agree in everything that anybody was told.
constexpr std::uint64_t twice_every = 64;
/// Over so many worlds, everything that is counted must have happened.
constexpr std::uint64_t seeds_for_coverage = 1000;
constexpr std::size_t lines_shown = 40;

volatile std::uint64_t present_seed = 0;

/// An assertion of the kernel ends the process; the seed must be known all the same.
void on_abort(int) {
  std::fprintf(stderr, "\nseed %llu ended in an assertion; again: npm run sim -- --seed %llu --trace\n",
               static_cast<unsigned long long>(present_seed), static_cast<unsigned long long>(present_seed));
}

struct Outcome {
  std::string broken;  // the invariant, or ""
  Millis at_ms = 0;
  std::uint64_t fingerprint = 0;
  Statistics statistics;
  std::vector<std::string> trace;
};

Outcome run(std::uint64_t seed, bool traced) {
  present_seed = seed;
  Outcome outcome;
  auto world = std::make_unique<World>(seed);
  world->stage.trace.on = traced;
  try {
    world->run();
  } catch (const Broken& broken) {
    outcome.broken = broken.invariant;
  }
  outcome.at_ms = world->stage.timeline.now_ms();
  outcome.fingerprint = world->stage.fingerprint;
  outcome.trace = std::move(world->stage.trace.lines);
  outcome.statistics = world->finish();
  return outcome;
}

void show_broken(std::uint64_t seed, const Outcome& outcome, std::size_t lines) {
  const std::size_t from = outcome.trace.size() > lines ? outcome.trace.size() - lines : 0;
  for (std::size_t at = from; at < outcome.trace.size(); ++at) std::printf("%s\n", outcome.trace[at].c_str());
  std::printf(
      "\nseed %llu, at %lld ms, broke the invariant:\n  %s\nagain: npm run sim -- --seed %llu --trace\n",
      static_cast<unsigned long long>(seed), static_cast<long long>(outcome.at_ms), outcome.broken.c_str(),
      static_cast<unsigned long long>(seed));
}

class Progress {
 public:
  explicit Progress(std::uint64_t seeds) : seeds_(seeds) {}

  void show(std::uint64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(20'000)))
      return;
    shown_ = now;
    std::fprintf(
        stderr,
        terminal_ ? "\r\x1b[K… world %llu of %llu, %.0f a second" : "… world %llu of %llu, %.0f a second\n",
        static_cast<unsigned long long>(done), static_cast<unsigned long long>(seeds_), rate(done));
  }
  void end() const {
    if (terminal_) std::fprintf(stderr, "\r\x1b[K");
  }
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }
  [[nodiscard]] double rate(std::uint64_t done) const {
    return static_cast<double>(done) / std::max(seconds(), 0.001);
  }

 private:
  std::uint64_t seeds_;
  bool terminal_ = isatty(2) != 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = began_;
};

int run_one(std::uint64_t seed, bool traced) {
  const Outcome outcome = run(seed, true);
  if (!outcome.broken.empty()) {
    show_broken(seed, outcome, traced ? outcome.trace.size() : lines_shown);
    return 1;
  }
  if (traced) {
    for (const std::string& line : outcome.trace) std::printf("%s\n", line.c_str());
  }
  std::printf("%s\nseed %llu holds: %lld simulated seconds\n", outcome.statistics.table().c_str(),
              static_cast<unsigned long long>(seed), static_cast<long long>(outcome.at_ms / 1000));
  return 0;
}

int run_many(std::uint64_t seeds) {
  Progress progress(seeds);
  Statistics statistics;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Outcome outcome = run(seed, false);
    if (!outcome.broken.empty()) {
      progress.end();
      show_broken(seed, run(seed, true), lines_shown);
      return 1;
    }
    if (seed % twice_every == 0 && run(seed, true).fingerprint != outcome.fingerprint) {
      progress.end();
      std::printf("seed %llu made two different worlds\n", static_cast<unsigned long long>(seed));
      return 1;
    }
    statistics.add(outcome.statistics);
    progress.show(seed);
  }
  progress.end();
  std::printf("%s\n%llu worlds hold, in %.1f s (%.0f a second)\n", statistics.table().c_str(),
              static_cast<unsigned long long>(seeds), progress.seconds(), progress.rate(seeds));
  const std::string never = statistics.never();
  if (never.empty() || seeds < seeds_for_coverage) return 0;
  std::printf("the simulation misses what it is for; never happened: %s\n", never.c_str());
  return 1;
}

struct Arguments {
  std::uint64_t seeds = seeds_default;
  std::optional<std::uint64_t> seed;
  bool traced = false;
};

std::optional<Arguments> read_arguments(const std::vector<std::string_view>& words) {
  Arguments out;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == "--trace") {
      out.traced = true;
      continue;
    }
    if ((words[at] != "--seed" && words[at] != "--seeds") || at + 1 == words.size()) return {};
    const std::string text(words[at + 1]);
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0') return {};
    if (words[at] == "--seed") {
      out.seed = number;
    } else {
      out.seeds = number;
    }
    ++at;
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments =
      read_arguments(std::vector<std::string_view>(argv + 1, argv + argc));
  if (!arguments) {
    std::fprintf(stderr, "usage: npm run sim -- [--seeds N | --seed N] [--trace]\n");
    return 2;
  }
  std::signal(SIGABRT, on_abort);
  return arguments->seed ? run_one(*arguments->seed, arguments->traced) : run_many(arguments->seeds);
}
