// The memories of WebAssembly instances, seen from outside.

/** What `body` comes to, and the memories of the instances that are made meanwhile. */
export async function memoriesOf(body) {
  const { instantiate } = WebAssembly;
  const memories = [];
  WebAssembly.instantiate = async (...args) => {
    const instance = await instantiate(...args);
    memories.push(
      Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory),
    );
    return instance;
  };
  try {
    return [await body(), ...memories];
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}
