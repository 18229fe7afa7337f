// Players: play, seek by pointer or keys, change speed, and play from a word of the transcript.
// Works on `[data-player]` and on `[data-words]` in the same `[data-comment]`; without this file
// the browser's own controls stay in their place.
"use strict";

(() => {
  const SPEEDS = [1, 1.25, 1.5, 2];
  const STEP = 5;
  const ready = new WeakSet();

  const clock = (seconds) => {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  function prepare(box) {
    if (ready.has(box)) return;
    ready.add(box);
    const part = (name) => box.querySelector(`[data-${name}]`);
    const audio = part("audio"), play = part("play"), wave = part("wave"), done = part("done");
    const now = part("now"), speed = part("speed"), trouble = part("trouble");
    const words = box.closest("[data-comment]")?.querySelector("[data-words]");
    const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(box.dataset.seconds)) || 1;
    let wanted = null;

    audio.controls = false;
    for (const one of [play, wave, part("clock"), speed]) one.hidden = false;

    function show() {
      const at = wanted ?? audio.currentTime;
      now.textContent = clock(at);
      done.style.clipPath = `inset(0 ${100 - (100 * at) / length()}% 0 0)`;
      wave.setAttribute("aria-valuenow", Math.round(at));
      wave.setAttribute("aria-valuetext", `${Math.round(at)} of ${Math.round(length())} seconds`);
      if (words) mark(at);
    }

    function mark(at) {
      let spoken = null;
      if (!audio.paused || at > 0) {
        for (const word of words.children) if (Number(word.dataset.at) <= at + 0.05) spoken = word;
      }
      for (const word of words.querySelectorAll(".spoken")) if (word !== spoken) word.classList.remove("spoken");
      spoken?.classList.add("spoken");
    }

    function seek(to) {
      const at = Math.min(Math.max(0, to), length());
      // Nothing is fetched before somebody plays, so a place chosen earlier is remembered.
      if (audio.readyState === 0) wanted = at;
      else audio.currentTime = at;
      show();
    }

    async function start() {
      for (const other of document.querySelectorAll("[data-audio]")) if (other !== audio) other.pause();
      trouble.hidden = true;
      try {
        await audio.play();
      } catch (error) {
        if (error.name !== "AbortError") trouble.hidden = false;
      }
    }

    const toggle = () => (audio.paused ? start() : audio.pause());

    play.addEventListener("click", toggle);
    speed.addEventListener("click", () => {
      const next = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
      audio.playbackRate = next;
      speed.textContent = `${next}×`;
      speed.setAttribute("aria-label", `Speed: ${next} times`);
    });
    wave.addEventListener("pointerdown", (event) => {
      const to = (x) => {
        const frame = wave.getBoundingClientRect();
        seek((length() * (x - frame.left)) / frame.width);
      };
      to(event.clientX);
      wave.setPointerCapture(event.pointerId);
      const move = (next) => to(next.clientX);
      wave.addEventListener("pointermove", move);
      wave.addEventListener("pointerup", () => wave.removeEventListener("pointermove", move), { once: true });
    });
    wave.addEventListener("keydown", (event) => {
      const at = wanted ?? audio.currentTime;
      const moves = {
        ArrowLeft: () => seek(at - STEP), ArrowDown: () => seek(at - STEP),
        ArrowRight: () => seek(at + STEP), ArrowUp: () => seek(at + STEP),
        Home: () => seek(0), End: () => seek(length()), " ": toggle, Enter: toggle,
      };
      if (!moves[event.key]) return;
      event.preventDefault();
      moves[event.key]();
    });
    audio.addEventListener("loadedmetadata", () => {
      if (wanted !== null) audio.currentTime = wanted;
      wanted = null;
    });
    for (const name of ["play", "pause", "ended"]) {
      audio.addEventListener(name, () => {
        box.classList.toggle("playing", !audio.paused);
        play.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
        show();
      });
    }
    audio.addEventListener("timeupdate", show);
    audio.addEventListener("error", () => { trouble.hidden = false; });
    if (words) follow(words, (word) => { seek(Number(word.dataset.at)); start(); });
  }

  function follow(words, playFrom) {
    let chosen = null;
    const choose = (word) => {
      chosen?.classList.remove("chosen");
      chosen = word;
      chosen?.classList.add("chosen");
    };
    words.addEventListener("click", (event) => {
      const word = event.target.closest(".word");
      if (word && !String(window.getSelection())) playFrom(word);
    });
    words.addEventListener("keydown", (event) => {
      const all = [...words.children];
      const at = all.indexOf(chosen);
      const moves = {
        ArrowRight: () => choose(all[Math.min(at + 1, all.length - 1)]),
        ArrowLeft: () => choose(all[Math.max(at - 1, 0)]),
        Home: () => choose(all[0]), End: () => choose(all.at(-1)),
        Enter: () => playFrom(chosen ?? all[0]),
      };
      if (!moves[event.key] || !all.length) return;
      event.preventDefault();
      moves[event.key]();
    });
    words.addEventListener("blur", () => choose(null));
  }

  const prepareAll = (root) => root.querySelectorAll("[data-player]").forEach(prepare);
  prepareAll(document);
  document.addEventListener("console:changed", (event) => prepareAll(event.target));
})();
