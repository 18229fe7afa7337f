// Pages that refresh themselves: `[data-live]` names an address that gives its content anew.
// A `[data-part]` is replaced whole; the items of `[data-items]` are matched by key and replaced
// only when their version changed, and never while somebody plays or is in them.
"use strict";

(() => {
  const EVERY = 5000;
  const SLOWEST = 60000;

  const announcer = document.querySelector("[data-announcer]");
  const say = (text) => { if (announcer) announcer.textContent = text; };

  const busy = (item) =>
    item.contains(document.activeElement) ||
    [...item.querySelectorAll("audio")].some((audio) => !audio.paused || audio.currentTime > 0);

  function replacePart(old, fresh) {
    if (old.contains(document.activeElement) || old.innerHTML === fresh.innerHTML) return;
    old.replaceChildren(...fresh.childNodes);
  }

  function mergeItems(list, fresh) {
    const there = new Map([...list.children].map((item) => [item.dataset.key, item]));
    const wanted = [...fresh.children];
    const first = there.size > 0;
    let added = 0, previous = null;
    for (const item of wanted) {
      const old = there.get(item.dataset.key);
      let kept = old;
      if (!old) {
        kept = item;
        kept.classList.add("arrived");
        added += 1;
      } else if (old.dataset.version !== item.dataset.version && !busy(old)) {
        old.replaceWith(item);
        kept = item;
      }
      there.delete(item.dataset.key);
      const place = previous ? previous.nextElementSibling : list.firstElementChild;
      if (place !== kept) list.insertBefore(kept, place);
      previous = kept;
    }
    for (const gone of there.values()) if (!busy(gone)) gone.remove();
    list.dispatchEvent(new Event("console:changed", { bubbles: true }));
    if (added && first) say(added === 1 ? "One new comment." : `${added} new comments.`);
  }

  function update(region, html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    for (const part of fresh.content.querySelectorAll("[data-part]")) {
      const old = region.querySelector(`[data-part="${part.dataset.part}"]`);
      if (old) replacePart(old, part);
    }
    for (const list of fresh.content.querySelectorAll("[data-items]")) {
      const old = region.querySelector(`[data-items="${list.dataset.items}"]`);
      if (old) mergeItems(old, list);
    }
  }

  async function look(region, wait) {
    let next = wait;
    if (!document.hidden) {
      try {
        const answer = await fetch(region.dataset.live, { cache: "no-store" });
        if (answer.status === 401) {
          // Signed out or idle for too long: nothing of anybody stays on the screen.
          const then = encodeURIComponent(location.pathname);
          location.assign(`${document.body.dataset.signIn}?then=${then}`);
          return;
        }
        next = answer.ok ? EVERY : Math.min(2 * wait, SLOWEST);
        if (answer.ok) update(region, await answer.text());
      } catch {
        next = Math.min(2 * wait, SLOWEST);
      }
    }
    setTimeout(look, next, region, next);
  }

  for (const region of document.querySelectorAll("[data-live]")) setTimeout(look, EVERY, region, EVERY);
})();
