// Binds the network of one module instance to what its factory was given, and absorbs what the glue of emscripten/fetch.h
// (6.0.5, src/Fetch.js) and emscripten/websocket.h (lib/libwebsocket.js) gets wrong. The glue uses the free identifiers
// `fetch` and `WebSocket`; these are they.
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
//   asks globalThis for a WebSocket before it uses this one      (websocket.js)
//   lets a constructor that throws, send() or close() through    a socket that closes, or nothing
//     the kernel's C++, which cannot catch
//   stops to listen for errors with the socket's end, whereupon  a listener that stays
//     those of the package `ws` are thrown at nobody
//   takes whatever is no text for an ArrayBuffer                 a text: an empty one, in place of anything else

/** An answer is collected before the kernel sees it. Longer ones count as a failure of the connection. */
var answerBytesMax = 16 * 1024 * 1024;

/** Somebody let a trap through: nothing inside the instance can be trusted any more. */
var lost = (cause) => Module["onAbort"]?.(cause);

// Called when everything of the glue is there, and nothing of it has run.
var instantiate = Module["instantiateWasm"];
Module["instantiateWasm"] = (imports, receive) => {
  quit_ = (status, cause) => lost(cause);
  var send = FetchXHR.prototype.send;
  FetchXHR.prototype.send = function (body) {
    return send.call(this, body).catch(lost);
  };
  return instantiate(imports, receive);
};

var utf8 = new TextDecoder();
var nothing = new Uint8Array(0);
/** As much of Headers as the glue uses. */
var noHeaders = new Map();

var fetch = async (url, init) => {
  var signal = init.signal;
  var checkAlive = () => {
    if (signal.aborted) throw new DOMException("The request was aborted.", "AbortError");
  };
  var status = 0;
  var statusText = "";
  var headers = noHeaders;
  var chunk = nothing;
  var answer;
  try {
    // The global is looked up at each call, so that one replaced later (a test's, a tracer's) is honoured.
    var send = Module["fetch"] ?? globalThis.fetch;
    var { "x-al-attempt": attempt, ...sent } = init.headers;
    var request = {
      method: init.method,
      headers: sent,
      body: init.body ? utf8.decode(init.body) : undefined,
      signal: signal,
      // A redirect would turn a POST into a GET, or take the key elsewhere.
      redirect: "manual",
    };
    answer = await send(url, request, attempt);
    chunk = await collect(answer.body);
    status = answer.status;
    statusText = answer.statusText || "";
    headers = answer.headers;
  } catch (error) {
    checkAlive();
    status = 0;
    answer = undefined;
    chunk = nothing;
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
    body: { getReader: () => readerOf(chunk, checkAlive, () => Module["onAnswer"]?.(answer)) },
  };
};

/** The glue's view of a stream: the chunk, unless it is empty, then the end, after which it hands all to the kernel at once. */
function readerOf(chunk, checkAlive, onEnd) {
  var left = chunk.length > 0;
  return {
    async read() {
      var value = left ? chunk : undefined;
      left = false;
      return {
        get done() {
          checkAlive();
          if (!value) onEnd();
          return !value;
        },
        value: value,
      };
    },
  };
}

/** All bytes of a body (a ReadableStream or null) in a buffer of exactly their size. */
async function collect(body) {
  if (!body) return nothing;
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
  var first = parts[0];
  if (parts.length === 1 && first.length === first.buffer.byteLength) return first;
  var whole = new Uint8Array(size);
  var position = 0;
  for (var part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** What sockets are made of; undefined where there is nothing. */
var webSocketClass = () => Module["WebSocket"] ?? globalThis.WebSocket;

/** A frame from a service is smaller; a longer one is none. */
var frameCharactersMax = 16 * 1024 * 1024;

/** As much of a WebSocket as the glue uses. */
var WebSocket = class {
  constructor(url) {
    this.onopen = null;
    this.onmessage = null;
    this.onerror = null;
    this.onclose = null;
    var tell = (listener, event) => {
      try {
        listener?.(event);
      } catch (cause) {
        lost(cause);
      }
    };
    var end = (code, reason) => {
      var listener = this.onclose;
      this.onclose = null;
      tell(listener, { wasClean: false, code: code, reason: reason });
    };
    try {
      var Socket = webSocketClass();
      var real = new Socket(url);
    } catch (error) {
      setTimeout(end, 0, 1006, String(error?.message || error).slice(0, 100));
      return;
    }
    this.real = real;
    var why = "";
    real.addEventListener("open", () => tell(this.onopen, {}));
    real.addEventListener("message", (event) => {
      var data = event.data;
      var sound = typeof data === "string" && data.length <= frameCharactersMax;
      tell(this.onmessage, { data: sound ? data : "" });
    });
    real.addEventListener("error", (event) => {
      why = String(event?.message || "").slice(0, 100);
    });
    real.addEventListener("close", (event) => end(event.code || 1006, String(event.reason || why)));
  }
  send(text) {
    try {
      this.real.send(text);
    } catch {
      // It is on its way to its end, which will be told.
    }
  }
  close(code) {
    try {
      this.real?.close(code);
    } catch {
      // It has ended.
    }
  }
};
