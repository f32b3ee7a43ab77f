// PolicySet::compile_file, a file of policies read as a whole, and compile_for, one beside those that are
// there.
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "policy/policy_set.h"
#include "policy/shadow.h"

namespace al::policy {

namespace {

constexpr std::size_t policies_max = 10'000;

class FileCompiler {
 public:
  std::vector<json::Fault> faults;

  std::vector<Policy> compile(json::Value file) {
    std::string pointer;
    json::Value list = file;
    if (!file.is_array()) {
      json::ObjectReader reader(file, "", faults);
      static_cast<void>(reader.string("$schema"));
      list = reader.array("policies");
      pointer = reader.pointer("policies");
      if (file.is_object() && !file["policies"].present()) reader.fault("policies", "is missing");
      reader.finish();
    }
    if (list.size() > policies_max) {
      faults.push_back({pointer, "holds more than " + std::to_string(policies_max) + " policies"});
      return {};
    }
    compile_each(list, pointer);
    check_shadows();
    return std::move(policies_);
  }

 private:
  void compile_each(json::Value list, const std::string& pointer) {
    policies_.reserve(list.size());
    std::size_t index = 0;
    for (const json::Value source : list.items()) {
      std::string at = json::pointer_to(pointer, index++);
      std::optional<Policy> policy = policy::compile(source, at, faults);
      const std::string_view name = source["name"].string();
      const auto [first, fresh] = pointer_of_name_.emplace(name, at);
      if (!name.empty() && !fresh) {
        faults.push_back({json::pointer_to(at, "name"),
                          "\"" + std::string(name) + "\" is also the name of " + first->second});
        continue;
      }
      if (policy) policies_.push_back(std::move(*policy));
    }
  }

  void check_shadows() {
    std::vector<const Policy*> all;
    all.reserve(policies_.size());
    for (const Policy& policy : policies_) all.push_back(&policy);
    for (const Shadow& shadow : find_shadows(all)) {
      faults.push_back({pointer_of_name_.find(shadow.policy->name)->second,
                        "can never win: " + pointer_of_name_.find(shadow.by->name)->second + " (policy \"" +
                            shadow.by->name +
                            "\") always decides before it; remove one of them, or give that one conditions "
                            "(policy \"" +
                            shadow.policy->name + "\")"});
    }
  }

  std::vector<Policy> policies_;
  /// Every name of the file, also of policies with faults; looks into the file.
  std::map<std::string_view, std::string> pointer_of_name_;
};

}  // namespace

Result<std::vector<Policy>> PolicySet::compile_file(json::Value file) {
  FileCompiler compiler;
  std::vector<Policy> policies = compiler.compile(file);
  if (!compiler.faults.empty())
    return json::faults_error(Code::policy_invalid, "the policies are not valid", compiler.faults);
  return policies;
}

Result<Policy> PolicySet::compile_for(json::Value source) const {
  std::vector<json::Fault> faults;
  std::optional<Policy> policy = policy::compile(source, "", faults);
  if (policy) {
    std::vector<const Policy*> together{&*policy};
    for (const Policy* other : index_.same_pattern(policy->action_type)) {
      if (other->name != policy->name) together.push_back(other);
    }
    for (const Shadow& shadow : find_shadows(together)) {
      if (shadow.policy == &*policy) {
        faults.push_back({"", "can never win: policy \"" + shadow.by->name +
                                  "\" always decides before it; remove that one, or give it conditions"});
      } else if (shadow.by == &*policy) {
        faults.push_back(
            {"", "leaves policy \"" + shadow.policy->name +
                     "\" no case to decide; remove that one first, or give this one conditions"});
      }
    }
  }
  if (!faults.empty()) return json::faults_error(Code::policy_invalid, "the policy is not valid", faults);
  return std::move(*policy);
}

}  // namespace al::policy
