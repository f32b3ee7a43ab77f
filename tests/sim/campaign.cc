#include "campaign.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "world.h"

namespace al::sim {

namespace {

/// Every so many worlds, one is run twice: both must agree in everything that anybody was told.
constexpr std::uint64_t twice_every = 64;

thread_local volatile std::uint64_t present_seed = 0;

/// An assertion of the kernel ends the process; the seed must be known all the same.
void on_abort(int) {
  const auto seed = static_cast<unsigned long long>(present_seed);
  std::fprintf(stderr, "\nseed %llu ended in an assertion\nagain: npm run sim -- --seed %llu --trace\n", seed,
               seed);
}

}  // namespace

Outcome run_world(std::uint64_t seed, Trace::Kind trace) {
  std::signal(SIGABRT, on_abort);
  present_seed = seed;
  Outcome outcome;
  const auto world = std::make_unique<World>(seed);
  world->stage.trace.kind = trace;
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

void Campaign::work() {
  for (std::unique_lock lock(mutex_); next_ <= seeds_ && broken_.empty();) {
    const std::uint64_t seed = next_++;
    lock.unlock();
    Outcome outcome = run_world(seed, Trace::Kind::off);
    if (outcome.broken.empty() && seed % twice_every == 0 &&
        run_world(seed, Trace::Kind::kept).fingerprint != outcome.fingerprint) {
      outcome.broken = "a seed makes one world, whenever it is run";
    }
    lock.lock();
    ++done_;
    statistics_.add(outcome.statistics);
    if (!outcome.broken.empty()) broken_.emplace(seed, std::move(outcome.broken));
  }
  const std::lock_guard lock(mutex_);
  --working_;
  changed_.notify_all();
}

void Campaign::run() {
  using Clock = std::chrono::steady_clock;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto beat = terminal ? std::chrono::milliseconds(200) : std::chrono::milliseconds(20'000);
  const auto began = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  working_ = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned left = working_; left > 0; --left) threads.emplace_back([this] { work(); });
  {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, beat, [this] { return working_ == 0; })) show(passed(), terminal);
  }
  for (std::thread& thread : threads) thread.join();
  seconds_ = passed();
  if (terminal) std::fprintf(stderr, "\r\x1b[K");
}

void Campaign::show(double seconds, bool terminal) const {
  const char* format =
      terminal ? "\r\x1b[K… world %llu of %llu, %.0f a second" : "… world %llu of %llu, %.0f a second\n";
  std::fprintf(stderr, format, static_cast<unsigned long long>(done_),
               static_cast<unsigned long long>(seeds_), static_cast<double>(done_) / seconds);
}

}  // namespace al::sim
