// In a frame: the document around the page hears how tall the page is, and may say which language to speak.

/** Takes a function that is called with the language. */
export function framed(speak) {
  if (parent === window) return;
  const tell = () => parent.postMessage({ height: document.body.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  addEventListener("message", ({ source, data }) => {
    if (source === parent && typeof data?.language === "string") speak(data.language);
  });
}
