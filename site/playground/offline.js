// After the first visit, the playground is there without a network. The build fills in what it consists of.

const NAME = "playground-VERSION";
const FILES = ["FILES"];

addEventListener("install", (event) => event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES))));

addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith("playground-") && name !== NAME));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))));
});

addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  address.search = address.hash = "";
  event.respondWith(
    caches
      .open(NAME)
      .then((cache) => cache.match(address.href))
      .then((kept) => kept ?? fetch(event.request)),
  );
});
