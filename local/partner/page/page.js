/* global document, fetch, location, setTimeout, window */
/** Brings new requests to the top of the page, and leaves everything else where it is: what is open, what has the focus, what is being read. */
const EVERY_MS = 1000;
const MOST_SHOWN = 200;

const list = document.querySelector("#requests");
const live = document.querySelector("#live");
const told = document.querySelector("#told");
let last = Number(list.dataset.last);

async function look() {
  let soon = false;
  try {
    const response = await fetch(`/changes?after=${last}`);
    const changes = await response.json();
    if (changes.anew) {
      location.reload();
      return;
    }
    document.querySelector("#headline").textContent = changes.headline;
    if (told.dataset.html !== changes.told) {
      told.innerHTML = changes.told;
      told.dataset.html = changes.told;
    }
    if (changes.last > last) insert(changes.entries);
    forget(changes.first);
    last = changes.last;
    soon = changes.more;
    say("Follows by itself");
  } catch {
    say("The partner does not answer; this page goes on when it does");
  }
  setTimeout(look, soon ? 0 : EVERY_MS);
}

/** Whoever has scrolled into the list goes on seeing the same lines. */
function insert(entries) {
  const reading = list.firstElementChild !== null && list.getBoundingClientRect().top < 0;
  const before = document.documentElement.scrollHeight;
  list.insertAdjacentHTML("afterbegin", entries.trim());
  if (reading) window.scrollBy(0, document.documentElement.scrollHeight - before);
}

/** Takes away what the partner has forgotten, and the oldest when the page grows long, unless somebody reads it. */
function forget(first) {
  for (const item of [...list.children].reverse()) {
    const gone = first === 0 || Number(item.dataset.number) < first;
    const read = item.querySelector("details").open || item.contains(document.activeElement);
    if (gone || (list.children.length > MOST_SHOWN && !read)) item.remove();
  }
}

/** Said once, or a screen reader would hear it every second. */
function say(text) {
  if (live.textContent !== text) live.textContent = text;
}

if (list.dataset.follow === "yes") look();
