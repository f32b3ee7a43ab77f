// Replaces two parts of emscripten/websocket.h (6.0.5, lib/libwebsocket.js). `WebSocket` and `webSocketClass` are pre.js's.
//
//   the original                                                 here
//   asks whether globalThis has a WebSocket before it uses       asks for that one
//     the one that the instance was given, and so refuses
//     where there is only the latter (Node.js 20)
//   says `this` in an object whose functions the closure         says the object's name
//     compiler makes free ones
addToLibrary({
  $WS__deps: ["$webSockets", "malloc"],
  $WS: {
    socketEvent: 0,
    getSocket: (id) => (webSockets.has(id) ? webSockets.get(id) : 0),
    getSocketEvent: (id) => {
      WS.socketEvent ||= _malloc(520); // EmscriptenWebSocketCloseEvent, the largest of them
      HEAPU32[WS.socketEvent >> 2] = id;
      return WS.socketEvent;
    },
  },

  emscripten_websocket_new__deps: ["$webSockets", "$UTF8ToString"],
  emscripten_websocket_new: (attributes) => {
    if (!webSocketClass()) return -1; // EMSCRIPTEN_RESULT_NOT_SUPPORTED
    return webSockets.allocate(new WebSocket(UTF8ToString(HEAPU32[attributes >> 2])));
  },
});
