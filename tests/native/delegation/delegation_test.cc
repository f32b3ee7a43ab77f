#include "delegation/delegation.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>

#include "base/archive.h"

using namespace al;
using namespace al::delegation;

namespace {

std::vector<policy::Pattern> patterns(std::initializer_list<std::string_view> texts) {
  std::vector<policy::Pattern> out;
  for (const std::string_view text : texts) out.push_back(policy::Pattern::parse(text).value());
  return out;
}

void add(Tree& tree, std::string id, std::string parent_id, Millis expires_ms = 1000,
         std::string agent_id = "agt-1") {
  const Delegation* parent = tree.find(parent_id);
  static std::uint64_t row_id = 0;
  tree.add({.delegation_id = std::move(id),
            .parent_id = std::move(parent_id),
            .agent_id = std::move(agent_id),
            .name = "d",
            .capabilities = patterns({"*"}),
            .depth = parent ? parent->depth + 1 : 1,
            .expires_ms = expires_ms,
            .row_id = ++row_id});
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("capabilities are compared as sets", "[delegation]") {
  const auto fits = [](std::initializer_list<std::string_view> inner,
                       std::initializer_list<std::string_view> outer) {
    return within(patterns(inner), patterns(outer));
  };
  CHECK(fits({"pr.merge"}, {"pr.*"}));
  CHECK(fits({"pr.*"}, {"pr.*"}));
  CHECK(fits({"pr.a.*"}, {"pr.*"}));
  CHECK(fits({"pr.*", "x"}, {"*"}));
  CHECK(fits({"a", "b"}, {"b", "a"}));
  CHECK_FALSE(fits({"pr.*"}, {"pr.merge"}));
  CHECK_FALSE(fits({"*"}, {"pr.*", "read.*"}));
  CHECK_FALSE(fits({"prx.merge"}, {"pr.*"}));
  CHECK_FALSE(fits({"pr.merge", "x"}, {"pr.*"}));
  CHECK_FALSE(fits({"a"}, {}));
  CHECK(covers(patterns({"read.*", "x"}), "read.file"));
  CHECK_FALSE(covers(patterns({"read.*", "x"}), "reads.file"));
  CHECK_FALSE(covers({}, "x"));
}

TEST_CASE("the tree holds what can have been lent, by one that is there and under a new name",
          "[delegation]") {
  Tree tree;
  add(tree, "p", "");
  add(tree, "c", "p");
  add(tree, "ended", "p");
  tree.end("ended", State::revoked);
  const auto can_hold = [&](std::string id, std::string parent_id, std::int64_t depth,
                            std::string agent_id = "agt-1") {
    return tree.can_hold({.delegation_id = std::move(id),
                          .parent_id = std::move(parent_id),
                          .agent_id = std::move(agent_id),
                          .depth = depth});
  };
  CHECK(can_hold("n", "", 1));
  CHECK(can_hold("n", "", 1, "agt-2"));
  CHECK(can_hold("n", "c", 3));
  CHECK_FALSE(can_hold("", "", 1));
  CHECK_FALSE(can_hold("c", "", 1));
  CHECK_FALSE(can_hold("n", "n", 2));
  CHECK_FALSE(can_hold("n", "none", 2));
  CHECK_FALSE(can_hold("n", "ended", 3));
  CHECK_FALSE(can_hold("n", "p", 2, "agt-2"));
  for (const std::int64_t depth : {INT64_MIN, std::int64_t{0}, std::int64_t{2}, INT64_MAX}) {
    CHECK_FALSE(can_hold("n", "", depth));
    CHECK_FALSE(can_hold("n", "c", depth));
  }
  // An agent's name is no delegation's: what one has lent the other would have, too.
  CHECK_FALSE(can_hold("n", "", 1, "n"));
  CHECK_FALSE(can_hold("agt-1", "", 1, "agt-2"));
  CHECK_FALSE(can_hold("n", "", 1, "c"));
}

TEST_CASE("ending a delegation ends everything below it, and nothing beside it", "[delegation]") {
  Tree tree;
  add(tree, "p", "", 900);
  add(tree, "c1", "p");
  add(tree, "c2", "p");
  add(tree, "g", "c1");
  add(tree, "s", "", 800);
  add(tree, "o", "", 700, "agt-2");
  CHECK(tree.live_children("agt-1").size() == 2);
  CHECK(tree.live_children("p").size() == 2);
  CHECK(tree.live_children("agt-2").size() == 1);
  CHECK(tree.next_to_expire()->delegation_id == "o");
  CHECK(tree.chain("g").size() == 3);
  CHECK(tree.chain("g").front()->delegation_id == "p");
  CHECK(tree.live_subtree("p") == Ids{"p", "c1", "c2", "g"});

  tree.end("c2", State::expired);
  CHECK(tree.live_children("p").size() == 1);
  CHECK(tree.live_subtree("p") == Ids{"p", "c1", "g"});

  tree.end("p", State::revoked);
  for (const std::string_view id : {"p", "c1", "g"}) CHECK(tree.find(id)->state == State::revoked);
  CHECK(tree.find("c2")->state == State::expired);  // Ended before: that stays.
  CHECK(tree.find("s")->state == State::live);
  CHECK(tree.find("o")->state == State::live);
  CHECK(tree.live_children("agt-1").size() == 1);
  CHECK(tree.live_children("p").size() == 0);
  CHECK(tree.live_subtree("p").empty());

  tree.end("p", State::expired);
  CHECK(tree.find("p")->state == State::revoked);
  CHECK(tree.live_children("agt-1").size() == 1);
  tree.end("o", State::revoked);
  CHECK(tree.next_to_expire()->delegation_id == "s");
  tree.end("s", State::revoked);
  CHECK(tree.next_to_expire() == nullptr);
  CHECK(tree.of_agent("agt-1").size() == 5);
  CHECK(tree.find("none") == nullptr);
  CHECK(tree.chain("none").empty());
}

TEST_CASE("of those that ended, the latest are known, each with all below it", "[delegation]") {
  Tree tree;
  const auto known = [&] {
    Ids out;
    for (const Delegation* each : tree.of_agent("agt-1")) out.push_back(each->delegation_id);
    return out;
  };
  add(tree, "a", "");
  add(tree, "b", "");
  add(tree, "a.a", "a");
  add(tree, "b.a", "b");
  add(tree, "c", "");
  tree.end("a.a", State::expired);
  tree.forget(0);
  CHECK(known() == Ids{"a", "b", "a.a", "b.a", "c"});  // What it came down from is live.
  tree.end("c", State::revoked);
  tree.revive("c");
  tree.end("b", State::revoked);
  tree.end("a", State::revoked);
  tree.forget(2);
  CHECK(known().size() == 5);
  tree.forget(1);
  CHECK(known() == Ids{"a", "a.a", "c"});
  CHECK(tree.find("b.a") == nullptr);
  CHECK(tree.find("a.a")->state == State::expired);
  tree.end("c", State::revoked);
  tree.forget(0);
  CHECK(known().empty());
  add(tree, "a", "");
  add(tree, "a.a", "a");
  tree.remove("a.a");
  tree.end("a", State::expired);
  tree.forget(0);
  CHECK(known().empty());
}

TEST_CASE("the order in which delegations ended is archived", "[delegation]") {
  Tree tree;
  for (const char* id : {"a", "b", "c"}) add(tree, id, "");
  add(tree, "b.a", "b");
  for (const char* id : {"c", "b"}) tree.end(id, State::revoked);
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(tree);
  Tree read;
  ArchiveReader reader(bytes);
  reader(read);
  REQUIRE(reader.complete());
  Ids made;
  for (const Delegation* each : read.of_agent("agt-1")) made.push_back(each->delegation_id);
  CHECK(made == Ids{"a", "b", "c", "b.a"});
  read.forget(1);
  CHECK(read.find("c") == nullptr);
  CHECK(read.find("b.a") != nullptr);
}
