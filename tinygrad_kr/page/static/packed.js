// Pictures that are shown later come packed, for most of what they say the ones before have said: deflated, in base64.

/** The variants that are packed in a text; none where the browser can't unpack them. */
export async function unpacked(text) {
  if (text === "" || !window.DecompressionStream) return [];
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

/** A picture from its text. */
export const drawn = (text) => new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
