// Binds the network of one module instance to what its factory was given, and absorbs what the glue of emscripten/fetch.h
// (6.0.5, src/Fetch.js) gets wrong. The glue uses the free identifiers `fetch` and `WebSocket`; these are they.
//
//   the glue                                                     what it gets from here
//   reads each chunk through `value.buffer`, though a chunk      one chunk that owns its whole buffer
//     may be a view on a larger one
//   takes an answer without a body for a network error           a body, empty perhaps
//   reports a rejection twice (onerror, then onload), the        never a rejection: status 0, and the reason as
//     second time perhaps to the request that has the              the status text
//     first one's number by then
//   goes on with an answer that arrives while it aborts          AbortError at the first touch; that one it ignores
//   hands over a view on the heap as the request's body          a string of its own, as the body is JSON
//   sends `credentials`, which some runtimes refuse              no such option
//   lets a trap in its callbacks become an unhandled rejection   Module['onAbort'], as for abort()

/** An answer is collected before the kernel sees it. Longer ones count as a failure of the connection. */
var answerBytesMax = 16 * 1024 * 1024;

var WebSocket = Module["WebSocket"] ?? globalThis.WebSocket;

// Called when everything of the glue is there, and nothing of it has run.
var instantiate = Module["instantiateWasm"];
Module["instantiateWasm"] = (imports, receive) => {
  var lost = (cause) => Module["onAbort"]?.(cause);
  quit_ = (status, cause) => lost(cause);
  var send = FetchXHR.prototype.send;
  FetchXHR.prototype.send = function (body) {
    return send.call(this, body).catch(lost);
  };
  return instantiate(imports, receive);
};

var fetch = async (url, init) => {
  var signal = init.signal;
  var checkAlive = () => {
    if (signal.aborted) throw new DOMException("The request was aborted.", "AbortError");
  };
  var status = 0;
  var statusText = "";
  var headers = new Headers();
  var chunk = new Uint8Array(0);
  try {
    // The global is looked up at each call, so that one replaced later (a test's, a tracer's) is honoured.
    var send = Module["fetch"] ?? globalThis.fetch;
    var answer = await send(url, {
      method: init.method,
      headers: init.headers,
      body: init.body ? new TextDecoder().decode(init.body.slice()) : undefined,
      signal: signal,
      // A redirect would turn a POST into a GET, or take the key elsewhere.
      redirect: "manual",
    });
    chunk = await collect(answer.body);
    status = answer.status;
    statusText = answer.statusText || "";
    headers = answer.headers;
  } catch (error) {
    checkAlive();
    status = 0;
    chunk = new Uint8Array(0);
    statusText = String(error?.cause?.message || error?.message || error);
  }
  // Each property checks again: microtasks of others run between the steps of the glue, and any of them may abort.
  return {
    get status() {
      checkAlive();
      return status;
    },
    statusText: statusText,
    url: "",
    headers: headers,
    body: { getReader: () => readerOf(chunk, checkAlive) },
  };
};

/** The glue's view of a stream: the chunk, unless it is empty, then the end. */
function readerOf(chunk, checkAlive) {
  var left = chunk.length > 0;
  return {
    async read() {
      var value = left ? chunk : undefined;
      left = false;
      return {
        get done() {
          checkAlive();
          return !value;
        },
        value: value,
      };
    },
  };
}

/** All bytes of a body (a ReadableStream or null) in a buffer of exactly their size. */
async function collect(body) {
  if (!body) return new Uint8Array(0);
  var reader = body.getReader();
  var parts = [];
  var size = 0;
  for (;;) {
    var { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > answerBytesMax) {
      reader.cancel().catch(() => {});
      throw new Error("the answer is longer than " + answerBytesMax + " bytes");
    }
    parts.push(value);
  }
  var whole = new Uint8Array(size);
  var position = 0;
  for (var part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
