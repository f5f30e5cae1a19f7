// The stream of events: keeps the store true, and comes back when the controller was away.

const SILENCE = 12_000; // milliseconds without a sign of life: the controller gives one every 5 s
const LONGEST = 96_000; // for the first word, which has everything, on a slow way
const AGAIN = 1000; // milliseconds before another try where the browser has given up

export function follow(store) {
  let source = null;
  let last = "";
  let heard = performance.now();
  let patience = SILENCE; // twice as long after each stream that has begun and said nothing
  let mute = false; // such a one

  const hear = (event) => {
    heard = performance.now();
    patience = SILENCE;
    mute = false;
    last = event.lastEventId || last;
    store.connect("live");
  };
  const take = (whole) => (event) => {
    hear(event);
    store.take(JSON.parse(event.data), whole);
  };

  function open() {
    source?.close();
    heard = performance.now();
    mute = false;
    source = new EventSource(`api/v1alpha1/events${last ? `?after=${encodeURIComponent(last)}` : ""}`);
    source.addEventListener("open", () => { mute = true; });
    source.addEventListener("snapshot", take(true));
    source.addEventListener("changes", take(false));
    source.addEventListener("beat", (event) => {
      hear(event);
      store.skew = Date.parse(JSON.parse(event.data).time) - Date.now();
    });
    source.addEventListener("error", (event) => {
      mute = false;
      store.connect("reconnecting");
      if (event.target.readyState === EventSource.CLOSED) setTimeout(look, AGAIN);
    });
  }

  function shut() {
    source?.close();
    source = null;
  }

  /** A browser has six connections to one place: a page that nobody sees leaves them to others. */
  function look() {
    if (document.hidden) shut();
    else open();
  }

  setInterval(() => {
    if (source && performance.now() - heard > patience) {
      if (mute) patience = Math.min(2 * patience, LONGEST);
      store.connect("reconnecting");
      open();
    }
  }, 1000);
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", shut);
  addEventListener("pageshow", (event) => event.persisted && look());
  look();
}
