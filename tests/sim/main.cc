// agentlattice_sim: runs simulated worlds, each from a seed, and tells of the first in which an invariant
// breaks.
//
//   --seeds N     worlds 1 to N (default 100)
//   --seed N      only world N
//   --trace       with --seed: everything that happens in it
//
// A broken world is run a second time, with its trace: what the number makes, it makes again.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign.h"

namespace {

using namespace al::sim;

constexpr std::uint64_t seeds_default = 100;
/// Over so many worlds, everything that is counted must have happened.
constexpr std::uint64_t seeds_for_coverage = 1000;
constexpr std::size_t lines_shown = 40;

void show_broken(std::uint64_t seed, const Outcome& outcome) {
  const std::size_t lines = outcome.trace.size();
  for (std::size_t at = lines - std::min(lines, lines_shown); at < lines; ++at)
    std::puts(outcome.trace[at].c_str());
  const auto number = static_cast<unsigned long long>(seed);
  std::printf(
      "\nseed %llu, at %lld ms, broke the invariant:\n  %s\nagain: npm run sim -- --seed %llu --trace\n",
      number, static_cast<long long>(outcome.at_ms), outcome.broken.c_str(), number);
}

int run_one(std::uint64_t seed, bool traced) {
  const Outcome outcome = run_world(seed, traced ? Trace::Kind::printed : Trace::Kind::kept);
  if (!outcome.broken.empty()) {
    show_broken(seed, outcome);
    return 1;
  }
  std::printf("%s\nseed %llu holds: %lld simulated seconds\n", outcome.statistics.table().c_str(),
              static_cast<unsigned long long>(seed), static_cast<long long>(outcome.at_ms / 1000));
  return 0;
}

int run_many(std::uint64_t seeds) {
  Campaign campaign(seeds);
  campaign.run();
  if (!campaign.broken().empty()) {
    const auto& [seed, invariant] = *campaign.broken().begin();
    Outcome again = run_world(seed, Trace::Kind::kept);
    if (again.broken.empty()) again.broken = invariant;
    show_broken(seed, again);
    return 1;
  }
  std::printf("%s\n%llu worlds hold, in %.1f s (%.0f a second)\n", campaign.statistics().table().c_str(),
              static_cast<unsigned long long>(seeds), campaign.seconds(),
              static_cast<double>(seeds) / campaign.seconds());
  const std::string never = campaign.statistics().never();
  if (never.empty() || seeds < seeds_for_coverage) return 0;
  std::printf("the simulation misses what it is for; never happened: %s\n", never.c_str());
  return 1;
}

struct Arguments {
  std::uint64_t seeds = seeds_default;
  std::optional<std::uint64_t> seed;
  bool traced = false;
};

std::optional<Arguments> read_arguments(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == "--trace") {
      out.traced = true;
      continue;
    }
    if ((words[at] != "--seed" && words[at] != "--seeds") || at + 1 == words.size()) return {};
    const std::string& text = words[at + 1];
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
  if (out.traced && !out.seed) return {};
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = read_arguments(std::vector<std::string>(argv + 1, argv + argc));
  if (!arguments) {
    std::fprintf(stderr, "usage: npm run sim -- [--seeds N | --seed N [--trace]]\n");
    return 2;
  }
  return arguments->seed ? run_one(*arguments->seed, arguments->traced) : run_many(arguments->seeds);
}
