// A program in the address: compressed, after the #, so that it is never sent to a server.

const LONGEST = 200_000; // characters of a program from a link

const base64url = {
  write: (bytes) =>
    btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", ""),
  read: (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)),
};

const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

/** The part of an address after its #, for a program. */
export async function written(program) {
  const packed = through(new TextEncoder().encode(program), new CompressionStream("deflate-raw"));
  return `program=${base64url.write(new Uint8Array(await new Response(packed).arrayBuffer()))}`;
}

/** The program in an address, or null where there is none that can be read. */
export async function read(fragment) {
  const [, packed] = /^#?program=([\w-]+)$/.exec(fragment) ?? [];
  if (!packed) return null;
  try {
    const reader = through(base64url.read(packed), new DecompressionStream("deflate-raw"))
      .pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))
      .getReader();
    let program = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return program;
      program += value;
      if (program.length > LONGEST) return null; // a small text can unpack to gigabytes
    }
  } catch {
    return null;
  }
}
