// What the calls of one client have in common. Owned by the Client, lent to its machines for the length of
// one verb.
#pragma once

#include <list>

#include "base/entropy.h"
#include "client/config.h"
#include "client/retry.h"

namespace al::client {

struct Shared {
  Shared(Config settings, Entropy source) : config(std::move(settings)), entropy(std::move(source)) {}

  Config config;
  bool key_is_sound = false;  // a header can hold it
  Entropy entropy;
  RetryBudget budget;
  Stats stats;
  std::list<Output> outputs;  // in the order in which they are to be carried out
  AttemptId last_attempt = 0;
};

}  // namespace al::client
