import { AgentLattice } from "@agentlattice/wasm";
const { instantiate } = WebAssembly; let memory, ex;
WebAssembly.instantiate = async (...a) => { const i = await instantiate(...a); memory = Object.values(i.exports).find(v => v instanceof WebAssembly.Memory); return i; };
const body='{"allowed":true,"needs_approval":false,"policy_name":"free","conditions_evaluated":[]}';
const jitter = process.argv[2]==="jitter";
const al = new AgentLattice({ apiKey: "al_test_0123456789abcdef", fetch: async () => { if(jitter) await new Promise(r=>setTimeout(r,Math.random()*3)); else await null; return new Response(body,{headers:{"content-type":"application/json","x-request-id":"req-1"}}); } });
const op = process.argv[3] ?? "canI";
for (let b = 0; b < 12; b++) { for (let n = 0; n < 10000; n += 100) await Promise.all(Array.from({ length: 100 }, () => op==="canI"? al.canI("read.a") : al.whoami())); console.log((b+1)*10000, memory.buffer.byteLength); }
al.close();
