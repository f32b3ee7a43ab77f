// The engine of a lattice: takes one request at a time and says what the answer is and which rows it added to
// the ledger.
//
// Rules
//  1. Deterministic: the same rows, request, time and entropy give the same answer.
//  2. Everything it decides is an event, written as a row and applied to the state by the same code that a
//  replay uses.
//  3. An answer may be released only once the rows that came before it are durable; the Sequencer sees to
//  that.
//  4. Time never goes back: a clock behind the last row counts as that row's time. Whatever is due by then
//  (approvals, delegations, cool-downs)
//     ends before the request is looked at.
//  5. Fail closed: an unknown sender, path, field or state is an error; an unknown action is a denial.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/note.h"
#include "audit/row.h"
#include "base/entropy.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "base/time.h"
#include "engine/explanation.h"
#include "engine/ledger.h"
#include "engine/recall.h"
#include "engine/state.h"
#include "wire/endpoints.h"
#include "wire/http.h"

namespace al::engine {

/// What became of a request.
struct Answer {
  wire::Response response;
  /// Set when the asker is willing to wait for this approval to be settled: hold the response back until
  /// then, or for `wait_ms`, and ask again.
  std::string wait_approval_id = {};
  Millis wait_ms = 0;
  /// Set when the answer needs a signed checkpoint over all rows that there are now, and none is there: have
  /// one signed, and ask again.
  bool wait_signature = false;
  /// Set when openings are to go: the answer is true once the store has forgotten them.
  bool redacts = false;
  /// Set when it rests on rows that are not in memory; nothing was done. Have those read that its recall
  /// wants, and ask again.
  bool lacks_rows = false;
};

/// What a request brings along when it is asked again.
struct AskedAgain {
  /// Of one that waited for a signature: how many rows the checkpoint must cover; else all that there are.
  std::optional<std::uint64_t> covers = {};
  Recall recall = {};
};

class Engine {
 public:
  explicit Engine(LedgerHome home = LedgerHome::host, LedgerLimits limits = {})
      : home_(home), ledger_(limits) {}

  /// Feeds rows that a store kept, in order. Fails with `ledger_corrupt` at the first that is not what it
  /// must be; the engine is of no use then.
  [[nodiscard]] Status load(std::span<const audit::RowView> rows);
  [[nodiscard]] Status load(std::string_view text, std::string_view openings) {
    const audit::RowView row{text, openings};
    return load(std::span(&row, 1));
  }

  /// What all rows come to, as bytes that only this version of the program reads, and a row that vouches for
  /// them. All rows must be durable, and no redaction due. The bytes are good once that row is durable.
  [[nodiscard]] std::string take_snapshot(Millis now_ms, Entropy& entropy);
  /// In the place of load() for the rows up to the one that vouches for `snapshot`. `rows`: that row, the
  /// last, and those before it that do not fill a page. False where it is of no use: nothing happened then.
  [[nodiscard]] bool restore(std::string_view snapshot, std::span<const audit::RowView> rows);

  /// A credential for a registered principal that is good in this process only and never written down.
  void attach(PrincipalKind kind, std::string name, const Digest& key_hash);

  /// Who holds a key, by SHA-256 of it; nothing for one that is not known here, or was revoked.
  [[nodiscard]] std::optional<Principal> principal(const Digest& key_hash) const;

  /// `key_hash`: SHA-256 of the sender's key, for one who does not send the key itself.
  [[nodiscard]] Answer handle(const wire::Request& request, Millis now_ms, Entropy& entropy,
                              AskedAgain& again, const Digest* key_hash = nullptr);
  [[nodiscard]] Answer handle(const wire::Request& request, Millis now_ms, Entropy& entropy) {
    AskedAgain for_the_first_time;
    return handle(request, now_ms, entropy, for_the_first_time);
  }
  /// Ends what is due. Harmless at any time.
  void handle_timeout(Millis now_ms, Entropy& entropy);
  /// Whether handle_timeout() would do something.
  [[nodiscard]] bool is_due(Millis now_ms) const;
  /// When something will be due next (wall clock).
  [[nodiscard]] std::optional<Millis> next_deadline() const;
  /// What POST /can-i answers the holder of a key, who acts for itself, without a request around it: the
  /// body's values, [allowed, needs_approval, policy_name, denial_reason, conditions], "" for what it leaves
  /// out (explanation.h has the conditions'). Nothing where the answer is an error, or a row would have to be
  /// written first: then handle() says.
  [[nodiscard]] std::optional<std::string> can_i_now(const Digest& key_hash, std::string_view asked,
                                                     Millis now_ms) const;

  [[nodiscard]] LedgerHome home() const { return home_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const State& state() const { return state_; }
  /// The checkpoint over the first `rows` rows, or over all: the text of a note.
  [[nodiscard]] std::string checkpoint(std::uint64_t rows) const;
  [[nodiscard]] std::string checkpoint() const { return checkpoint(ledger_.size()); }

  /// From here on checkpoints are signed by this key. Whoever holds its private half is elsewhere.
  void use_signer(audit::VerifierKey key) { signer_ = std::move(key); }
  /// The signature of `text`, which was checkpoint(rows). Fails with `ledger_unavailable` where it cannot be
  /// one.
  [[nodiscard]] Status keep_signature(std::uint64_t rows, const std::string& text,
                                      std::span<const std::uint8_t> signature);
  /// The signer failed. Until it signs again, the ledger counts as unsigned.
  void handle_signer_failed() { signer_sound_ = false; }
  /// How many rows the newest signed checkpoint covers.
  [[nodiscard]] std::uint64_t signed_rows() const { return signed_rows_; }

  /// Openings that rows say are gone, and that a store may still keep: what is left of each row's.
  struct Redaction {
    std::uint64_t row_id = 0;
    std::string openings;
  };
  /// Forgets them here. They stay due until the host says that its store has forgotten them, too.
  [[nodiscard]] std::vector<Redaction> redact();
  void handle_redacted();
  [[nodiscard]] bool redactions_due() const;
  /// Nor any left that has to be read back first.
  [[nodiscard]] bool redactions_done() const { return redactions_.empty(); }
  /// Once all rows are loaded: wants the rows that an earlier process did not get to redact, as far as they
  /// are not in memory. With them, what that process left is due.
  [[nodiscard]] Recall redactions_left();
  void take_redactions_left(const Recall& recall);

  /// The first `durable` rows can be read back, and nobody is yet to be told of them: the oldest may be
  /// forgotten.
  void forget(std::uint64_t durable) { ledger_.forget(durable); }
  /// What the store read of what `recall` wants. Where that is not what was written, the ledger counts as
  /// broken.
  void take_read(Recall& recall, RowRange range, std::span<const audit::RowView> rows);

  /// What is for anyone (see wire::Audience), or nothing: another request. Reads no ledger, so it can be
  /// answered at any time. `ready`: whether other requests are.
  [[nodiscard]] static std::optional<wire::Response> handle_public(const wire::Request& request, bool ready);

  /// All rows are durable: what they mean stays.
  void commit();
  /// Forgets the rows since the last commit(), and what they meant: the store refused them, which one in
  /// memory never does. Takes time in proportion to them.
  void rollback();

 private:
  struct Context;  // one request on its way
  struct ActionRequest;
  struct Recorded;
  /// What an idempotency key was used for.
  struct Used {
    Digest request_digest{};
    std::uint64_t row_id = 0;
    Millis wall_ms = 0;
    std::string audit_event_id;  // of an action; "" of another kind of request
  };
  /// Openings of a row that are to go.
  struct DueRedaction {
    std::set<std::string> fields;
    std::optional<audit::Row> row = {};  // as it was; nothing while it has to be read back
  };

  /// Says what is wrong with a row, or takes it.
  [[nodiscard]] Status judge(const audit::RowView& row);
  [[nodiscard]] Status apply(const audit::RowFrame& frame, std::span<const audit::CanonicalMember> facts,
                             std::span<const audit::OpenedField> openings);
  Answer dispatch(Context& context);
  /// Nothing for a key that is new, or "". May lack rows.
  [[nodiscard]] std::optional<Used> used(Context& context, std::string_view event_id) const;
  /// The row that decided an action last; null where there is no such action. May lack rows.
  [[nodiscard]] const audit::Row* decision(Context& context, std::string_view audit_event_id) const;
  /// The approval, where it was asked for by this agent itself: as the sub-agent that it asks as now, or one
  /// below that. Null where there is none.
  [[nodiscard]] const approval::Approval* own_approval(const Context& context,
                                                       std::string_view approval_id) const;
  std::optional<Error> authenticate(Context& context) const;
  std::optional<Error> authorize(const Context& context) const;
  void emit(const Event& event, Millis now_ms, Entropy& entropy);
  void emit(Context& context, const Event& event);
  void end_delegation(const DelegationEnded& ended, Millis now_ms, Entropy& entropy);
  void expire_due(Millis now_ms, Entropy& entropy);
  void settle_circuit(Context& context, const std::string& agent_id);
  void enforce(Context& context, const std::string& agent_id, const std::string& audit_event_id);

  // handle_actions.cc
  Answer post_action(Context& context);
  Answer can_i(Context& context);
  Answer claim_approval(Context& context);
  Answer report(Context& context);
  [[nodiscard]] static Result<ActionRequest> read_action(const Agent& agent, json::Value body);
  [[nodiscard]] Result<std::string> dry_run(const Agent& agent, json::Value asked,
                                            std::string_view delegation_id, Millis now_ms,
                                            ConditionsAs form) const;
  [[nodiscard]] ActionDecided decide(const ActionRequest& request, Millis now_ms,
                                     ConditionsAs form = ConditionsAs::objects) const;
  Answer emit_action(Context& context, ActionDecided decided);
  [[nodiscard]] Answer answer_action(const ActionDecided& decided, std::uint64_t row_id) const;
  [[nodiscard]] Answer recorded_action(const audit::Row& row) const;
  // handle_approvals.cc
  Answer get_approval(Context& context);
  Answer list_approvals(Context& context);
  Answer decide_approval(Context& context);
  void write_approval(json::Writer& writer, const audit::Row& asked,
                      const approval::Approval& approval) const;
  // handle_delegations.cc
  Answer create_delegation(Context& context);
  Answer list_delegations(Context& context);
  Answer revoke_delegation(Context& context);
  // handle_policies.cc
  Answer list_policies(Context& context);
  Answer replace_policies(Context& context);
  Answer put_policy(Context& context);
  Answer delete_policy(Context& context);
  // handle_directory.cc
  Answer whoami(Context& context);
  Answer register_agent(Context& context);
  Answer register_operator(Context& context);
  Answer set_halted(Context& context, bool halted);
  Answer revoke_key(Context& context);
  // handle_settings.cc
  Answer get_settings(Context& context);
  Answer put_settings(Context& context);
  // handle_audit.cc
  Answer list_audit(Context& context);
  bool write_event(Context& context, json::Writer& writer, const audit::Row& row,
                   std::string_view wanted_type) const;
  Answer list_entries(Context& context);
  Answer entries_as_json(const Context& context, std::span<const audit::Row* const> rows) const;
  Answer entries_as_lines(const Context& context, std::span<const audit::Row* const> rows) const;
  Answer verify_audit(Context& context);
  Answer get_checkpoint(Context& context);
  Answer get_receipt(Context& context);
  [[nodiscard]] std::optional<std::string> note(const Context& context) const;
  Answer inclusion_proof(Context& context);
  Answer consistency_proof(Context& context);
  Answer posture(Context& context);
  // handle_redactions.cc
  Answer redact_row(Context& context);
  void note_redaction(const RowRedacted& event, const audit::Row* row);
  void load_redaction(const RowRedacted& event);
  void note_hidden(const audit::RowFrame& frame, std::span<const audit::OpenedField> openings);

  struct LocalPrincipal {
    PrincipalKind kind;
    std::string name;
  };

  LedgerHome home_;
  Ledger ledger_;
  State state_;
  std::optional<audit::VerifierKey> signer_;
  bool signer_sound_ = true;
  std::map<std::uint64_t, DueRedaction> redactions_;  // by row
  /// Those of redactions_ that rows since the last commit() added.
  std::vector<std::pair<std::uint64_t, std::string>> redactions_asked_;
  std::map<std::uint64_t, std::set<std::string>> hidden_;  // fields without an opening, while rows are loaded
  std::string signed_note_;                                // the newest signed checkpoint
  std::uint64_t signed_rows_ = 0;
  // What verify_audit() found so far.
  std::uint64_t next_checked_ = 0;
  std::uint64_t rows_checked_ = 0;
  std::optional<std::uint64_t> broken_row_;
  Undo undo_;                    // of what the rows since the last commit() did, where they may be refused
  std::uint64_t committed_ = 0;  // rows
  std::unordered_map<Digest, LocalPrincipal, DigestHash> local_;  // by SHA-256 of the key
};

}  // namespace al::engine
