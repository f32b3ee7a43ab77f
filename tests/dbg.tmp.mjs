import { Lattice } from "@agentlattice/wasm";
const lattice = await Lattice.open({policies:[{ name: "free", action_type: "read.*", effect: "allow" }]});
const al=lattice.agent("a"); const who=await al.whoami(); console.log(who);
await al.subscribe(null,e=>console.log("mine",e.eventType,e.agentId),{agent_filter: who.agentId});
await al.subscribe(null,e=>console.log("all",e.eventType,e.agentId));
await al.execute("read.a"); await al.execute("drop"); await new Promise(r=>setTimeout(r,50));
