// Explores a machine from its start, breadth first: every input in every state that can be reached, until
// there is no new state.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <vector>

namespace al::engine {

/// `Model` is a value with `operator<=>`, what a state must be; `Model::next(input)` what the input makes of
/// it. `play` takes a path of inputs to a fresh machine and checks the last one: how it was answered and what
/// came of it. Returns how many states there are.
template <typename Model, typename Play>
std::size_t explore(std::size_t inputs, Play play) {
  std::map<Model, std::vector<std::size_t>> path_to{{Model(), {}}};
  std::deque<Model> open{Model()};
  while (!open.empty()) {
    const Model from = open.front();
    open.pop_front();
    for (std::size_t input = 0; input < inputs; ++input) {
      std::vector<std::size_t> path = path_to.at(from);
      path.push_back(input);
      const Model to = from.next(input);
      play(from, to, path);
      if (path_to.emplace(to, path).second) open.push_back(to);
    }
  }
  return path_to.size();
}

}  // namespace al::engine
