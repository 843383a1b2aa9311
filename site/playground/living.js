// A shelf for one living page: a frame without an origin, so that its scripts reach nothing of this site.
// The playground's own policy forbids every script in a text, and would be inherited; so this document is in between.

let frame = null;

onmessage = ({ source, data, origin }) => {
  if (source === parent && origin === location.origin) show(data);
  else if (frame && source === frame.contentWindow) parent.postMessage({ height: Number(data.height) }, location.origin);
};

function show({ html, language, name }) {
  const speak = () => frame.contentWindow.postMessage({ language }, "*");
  if (html === undefined) return frame && speak();
  frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = name;
  frame.srcdoc = html;
  frame.addEventListener("load", speak);
  document.querySelector("main").replaceChildren(frame);
}

parent.postMessage({ isReady: true }, location.origin);
