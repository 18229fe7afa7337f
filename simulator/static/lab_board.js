// Who is on the telephone just now. Looked up every other second while the page is in view, and
// changed in place, so that it lives without flickering and without being read out.

import { spaced } from "./lab_lists.js";

const EVERY = 2000;
const MOST = 10;
const $ = (id) => document.getElementById(id);

export function showBoard(root) {
  const look = async () => {
    if (document.hidden) return;
    try {
      draw(await (await fetch(`${root}board`)).json());
    } catch {
      // Tried again soon.
    }
  };
  look();
  setInterval(look, EVERY);
}

function draw({ calls }) {
  const live = calls.filter((call) => call.ended === null).length;
  $("board-empty").hidden = calls.length > 0;
  $("board-count").textContent = live ? `${live} ${live === 1 ? "call" : "calls"}` : "";
  const list = $("board");
  const shown = calls.slice(0, MOST);
  shown.forEach((call, n) => {
    const item = list.children[n] ?? list.appendChild(row());
    const [who, other, doing] = item.children;
    set(who, call.person || spaced(call.number));
    set(other, `${call.outgoing ? "calls" : "is called by"} ${spaced(call.service)}`);
    set(doing, call.doing);
    const kind = call.ended !== null ? "over" : ["ringing", "speaking"].includes(call.doing) ? call.doing : "live";
    doing.className = `doing ${kind}`;
  });
  while (list.children.length > shown.length) list.lastChild.remove();
}

function row() {
  const item = document.createElement("li");
  for (const name of ["who", "with", "doing"]) {
    const part = document.createElement("span");
    part.className = name;
    item.append(part);
  }
  return item;
}

function set(part, text) {
  if (part.textContent !== text) part.textContent = text;
}
