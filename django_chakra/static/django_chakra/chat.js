/* The inbox and the thread, kept up to date. Everything works without it but needs reloading. */
"use strict";
(() => {
  const chat = document.getElementById("chat");
  if (!chat) return;

  const SHOWN = 2500; // milliseconds between two looks, while somebody may see the page
  const HIDDEN = 15000;
  const SLOWEST = 30000;
  const FRESH = 60000; // after so long all is drawn again: times pass without any news
  const title = document.title;
  const state = chat.querySelector(".chat-state");
  const isThread = chat.dataset.kind === "thread";
  const list = chat.querySelector(isThread ? ".chat-bubbles" : ".chat-rows");
  const scroll = chat.querySelector(".chat-scroll");
  let failures = 0;
  let timer;
  let drawnAt = Date.now();

  const say = (words) => { if (state.textContent !== words) state.textContent = words; };

  function count() {
    const unread = Number(chat.dataset.unread);
    document.title = unread ? `(${unread > 99 ? "99+" : unread}) ${title}` : title;
  }

  const parsed = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    return [...made.content.children];
  };

  /* Ask for JSON: null for nothing new. */
  async function ask(url) {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (response.status === 204) return null;
    if (response.redirected || response.status === 403 || response.status === 404) throw new Gone();
    if (!response.ok) throw new Error(response.status);
    return response.json();
  }
  class Gone extends Error {}

  // --- the thread ---------------------------------------------------------------------------

  // Laid out from below: 0 at the end, and less further up.
  const isAtEnd = () => scroll.scrollTop > -40 && !chat.dataset.newer;
  const known = () => new Map([...list.children].map((one) => [one.dataset.key, one]));
  const isPlaying = (one) => [...one.querySelectorAll("audio, video")].some((media) => !media.paused);
  const holdsFocus = (one) => one.contains(document.activeElement);

  function withoutTokens(one) {
    const copy = one.cloneNode(true);
    copy.classList.remove("is-new");
    copy.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((token) => token.remove());
    return copy.outerHTML;
  }

  /* Put a slice into the list: each in its place, what changed in the place of what it was. */
  function merge(bubbles) {
    const there = known();
    const fresh = [];
    let last = null;
    for (const one of bubbles) {
      const old = there.get(one.dataset.key);
      if (!old) {
        if (last) last.after(one); else list.prepend(one);
        fresh.push(one);
        last = one;
      } else {
        last = old;
        if (withoutTokens(old) !== withoutTokens(one) && !isPlaying(old) && !holdsFocus(old)) {
          old.replaceWith(one);
          last = one;
        }
      }
    }
    return fresh;
  }

  function takeThread(found) {
    const bubbles = parsed(found.bubbles);
    const there = known();
    const wasAtEnd = isAtEnd();
    chat.dataset.unread = found.unread;
    const head = chat.querySelector(".chat-head-live");
    if (head && !holdsFocus(head)) head.innerHTML = found.head;
    if (chat.dataset.newer) return; // somebody reads what is older
    const isFar = there.size && !bubbles.some((one) => one.dataset.cursor && there.has(one.dataset.key));
    if (isFar) {
      list.replaceChildren();
      show("older", found.older);
    }
    const before = scroll.scrollHeight;
    const fresh = merge(bubbles).filter((one) => one.dataset.cursor);
    chat.querySelector(".chat-scrolled > .chat-none")?.remove();
    if (!wasAtEnd) scroll.scrollTop -= scroll.scrollHeight - before;
    fresh.forEach((one) => one.classList.add("is-new"));
    const theirs = fresh.filter((one) => !one.classList.contains("is-ours")).pop();
    const words = theirs?.querySelector(".chat-part, .chat-notice > div")?.textContent.trim();
    if (words) document.getElementById("chat-said").textContent = `${chat.dataset.new} ${words}`;
  }

  function show(side, cursor) {
    chat.dataset[side] = cursor;
    const further = chat.querySelector(`.chat-${side}`);
    further.hidden = !cursor;
    const word = side === "older" ? "before" : "after";
    const link = further.querySelector("a");
    link.href = `${link.pathname}?${word}=${cursor}`;
  }

  /* More of one side, put there without a jump. */
  async function further(side) {
    const cursor = chat.dataset[side];
    const word = side === "older" ? "before" : "after";
    const found = await ask(`${chat.dataset.more}?${word}=${cursor}`);
    if (chat.dataset[side] !== cursor) return;
    const bubbles = parsed(found.bubbles);
    const there = known();
    const fresh = bubbles.filter((one) => !there.has(one.dataset.key));
    if (side === "older") {
      // The day over the first bubble may have begun before it.
      bubbles.filter((one) => !one.dataset.cursor).forEach((day) => there.get(day.dataset.key)?.remove());
      list.prepend(...bubbles);
    } else {
      const before = scroll.scrollHeight;
      list.append(...fresh);
      scroll.scrollTop -= scroll.scrollHeight - before;
    }
    show(side, found[side]);
  }

  let isLoading = false;
  function load(side) {
    if (isLoading || !chat.dataset[side]) return;
    isLoading = true;
    further(side).then(() => say(""), lost).finally(() => { isLoading = false; });
  }

  function read() {
    const last = [...list.children].filter((one) => one.dataset.cursor).pop();
    if (!chat.dataset.read || !last || !Number(chat.dataset.unread)) return;
    if (document.hidden || !document.hasFocus() || !isAtEnd()) return;
    const token = chat.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ to: last.dataset.cursor });
    fetch(chat.dataset.read, { method: "POST", body, headers: { "X-CSRFToken": token } })
      .then((response) => { if (response.ok) { chat.dataset.unread = 0; count(); } }, () => {});
  }

  // --- the inbox ----------------------------------------------------------------------------

  function takeInbox(found) {
    chat.dataset.unread = found.unread;
    if ("past" in chat.dataset) return;
    const there = known();
    const focused = document.activeElement.closest(".chat-row");
    const rows = parsed(found.rows).map((one) => {
      const old = there.get(one.dataset.key);
      const isSame = old && withoutTokens(old) === withoutTokens(one);
      return isSame || (old && old === focused) ? old : one;
    });
    const before = document.activeElement;
    list.replaceChildren(...rows);
    if (focused && rows.includes(focused)) before.focus({ preventScroll: true });
  }

  // --- both ---------------------------------------------------------------------------------

  function lost(error) {
    failures += 1;
    say(error instanceof Gone ? chat.dataset.gone : chat.dataset.lost);
  }

  async function look() {
    clearTimeout(timer);
    const isMoving = isThread && list.querySelector("[data-moving]");
    const isOld = Date.now() - drawnAt > FRESH;
    const url = new URL(chat.dataset.updates, location.href);
    if (!isMoving && !isOld) url.searchParams.set("token", chat.dataset.token);
    try {
      const found = await ask(url);
      failures = 0;
      say("");
      if (found) {
        drawnAt = Date.now();
        chat.dataset.token = found.token;
        if (isThread) takeThread(found); else takeInbox(found);
        count();
      }
      if (isThread) read();
    } catch (error) {
      lost(error);
      if (error instanceof Gone) return;
    }
    const pause = document.hidden ? HIDDEN : SHOWN;
    timer = setTimeout(look, Math.min(pause * 2 ** failures, Math.max(SLOWEST, pause)));
  }

  count();
  if (isThread) {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target) target.scrollIntoView({ block: "center" });
    for (const side of ["older", "newer"]) {
      chat.querySelector(`.chat-${side} a`).addEventListener("click", (event) => {
        event.preventDefault();
        load(side);
      });
    }
    scroll.addEventListener("scroll", () => {
      if (scroll.scrollHeight - scroll.clientHeight + scroll.scrollTop < 200) load("older");
      if (isAtEnd()) read();
    }, { passive: true });
    // A quoted message that is on the page is jumped to.
    list.addEventListener("click", (event) => {
      const quote = event.target.closest("a.chat-quote");
      const quoted = quote && document.getElementById(quote.hash.slice(1));
      if (!quoted) return;
      event.preventDefault();
      location.hash = quote.hash;
      quoted.scrollIntoView({ block: "center" });
    });
    window.addEventListener("focus", read);
    read();
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  window.addEventListener("online", look);
  timer = setTimeout(look, SHOWN);
})();
