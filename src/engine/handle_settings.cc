// The settings of the organisation, and what they lead to: the rows that follow from what an agent did.
#include "engine/context.h"

namespace al::engine {

Answer Engine::get_settings(Context&) { return answer(200, write_settings(state_.settings)); }

Answer Engine::put_settings(Context& context) {
  const Result<Settings> settings = read_settings(context.body.root());
  if (!settings) return answer(settings.error());
  std::string text = write_settings(*settings);
  if (text != write_settings(state_.settings)) {
    emit(context, SettingsChanged{text, context.principal.name()});
  }
  return answer(200, std::move(text));
}

/// Makes the change of the agent's circuit that is due. Asked before each decision too: new settings can make
/// one due, and a process can have ended between a deed and what follows from it.
void Engine::settle_circuit(Context& context, const std::string& agent_id) {
  const Conduct* conduct = state_.conduct.find(agent_id);
  if (!conduct) return;
  const std::optional<breaker::Change> change = conduct->circuit.due(context.now_ms, state_.settings.breaker);
  if (change) emit(context, BreakerChanged{agent_id, *change});
}

/// Writes the anomalies that the agent's last deed shows, and the change of its circuit that is due.
void Engine::enforce(Context& context, const std::string& agent_id, const std::string& audit_event_id) {
  const Conduct* conduct = state_.conduct.find(agent_id);
  if (!conduct) return;
  const anomaly::Settings& limits = state_.settings.anomalies;
  for (const anomaly::Finding& found : conduct->baseline.findings(context.now_ms, limits)) {
    emit(context, AnomalyDetected{agent_id, audit_event_id, found});
    const Agent* agent = state_.directory.agent(agent_id);
    if (limits.halt_severity > 0 && found.severity >= limits.halt_severity && agent && !agent->halted) {
      emit(context, AgentHalted{agent_id, true, "anomaly:" + std::string(anomaly::text(found.kind))});
    }
    if (limits.open_severity > 0 && found.severity >= limits.open_severity) {
      const std::optional<breaker::Change> change =
          conduct->circuit.trip(breaker::Reason::anomaly, found.severity, limits.open_severity,
                                context.now_ms, state_.settings.breaker);
      if (change) emit(context, BreakerChanged{agent_id, *change});
    }
  }
  settle_circuit(context, agent_id);
}

}  // namespace al::engine
