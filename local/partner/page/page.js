/* global document, fetch, location, setTimeout, window */
/** Adds new requests at the top of the page and leaves the rest alone: what is open, what has the focus, the scroll position. */
const EVERY_MS = 1000;
const MOST_SHOWN = 200;

const list = document.querySelector("#requests");
const live = document.querySelector("#live");
const settings = document.querySelector("#settings");
let last = Number(list.dataset.last);

async function poll() {
  let soon = false;
  try {
    const response = await fetch(`/changes?after=${last}`);
    const changes = await response.json();
    if (changes.restarted) {
      location.reload();
      return;
    }
    document.querySelector("#headline").textContent = changes.headline;
    if (settings.dataset.html !== changes.settings) {
      settings.innerHTML = changes.settings;
      settings.dataset.html = changes.settings;
    }
    if (changes.last > last) insert(changes.entries);
    forget(changes.first);
    last = changes.last;
    soon = changes.more;
    say("Live");
  } catch {
    say("The partner does not answer; still trying");
  }
  setTimeout(poll, soon ? 0 : EVERY_MS);
}

/** Keeps the same lines in view for a reader who has scrolled down. */
function insert(entries) {
  const reading = list.firstElementChild !== null && list.getBoundingClientRect().top < 0;
  const before = document.documentElement.scrollHeight;
  list.insertAdjacentHTML("afterbegin", entries.trim());
  if (reading) window.scrollBy(0, document.documentElement.scrollHeight - before);
}

/** Removes what the partner no longer keeps, and the oldest when the list grows long, unless it is open or has the focus. */
function forget(first) {
  for (const item of [...list.children].reverse()) {
    const gone = first === 0 || Number(item.dataset.number) < first;
    const read = item.querySelector("details").open || item.contains(document.activeElement);
    if (gone || (list.children.length > MOST_SHOWN && !read)) item.remove();
  }
}

/** Only when it changes: a screen reader would announce it every second. */
function say(text) {
  if (live.textContent !== text) live.textContent = text;
}

if (list.dataset.follow === "yes") poll();
