"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const template = find("player");
  const cover = find("cover");

  // Private windows and strict settings refuse storage: the page then forgets, and nothing else.
  const recall = (key) => {
    try {
      return localStorage.getItem(`pitchcast:${key}`);
    } catch {
      return null;
    }
  };
  const remember = (key, value) => {
    try {
      if (value === null) localStorage.removeItem(`pitchcast:${key}`);
      else localStorage.setItem(`pitchcast:${key}`, value);
    } catch {
      return;
    }
  };

  const mark = (seconds) => {
    const [h, m, s] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
    const two = (n) => String(n).padStart(2, "0");
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };

  // A link may name a pitch, by its fragment, and a place in it: ?t=80, 1:20, 1m20s. Nothing plays by itself.
  const query = new URLSearchParams(location.search);
  const seconds = (text) => text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
  const moment = (text) => {
    const units = /^(\d+h)?(\d+m)?(\d+s)?$/.exec(text);
    return seconds(units ? units.slice(1).map((part) => parseInt(part) || 0).join(":") : text);
  };
  const asked = moment(query.get("t") || "");
  const named = find(location.hash.slice(1)) || document.querySelector("article");
  let passOnFrom = () => {};
  // Each player with what its keys do, and the keys of the one that was used last.
  const players = [];
  let used;

  const enhance = (audio) => {
    const player = template.content.firstElementChild.cloneNode(true);
    const part = (name) => player.querySelector(`.${name}`);
    const [seek, play, speed] = ["seek", "play", "speed"].map(part);
    const file = audio.getAttribute("src");
    const startOf = (item) => Number(item.dataset.start);
    const chapters = [...audio.closest("article").querySelectorAll(".chapters li")];
    let lines = [];
    let line, held, saved, slow;
    const article = audio.closest("article");
    const isAsked = article === named && asked > 0 && asked < audio.dataset.seconds;
    let dragging = false;

    // Nothing is fetched before the first play; until then the element itself remembers where it is to begin.
    const loaded = () => audio.readyState > 0;
    const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(audio.dataset.seconds));
    const now = () => Math.min(audio.currentTime, length());
    audio.currentTime = saved = audio.currentTime || (isAsked ? asked : Number(recall(file)) || 0);

    const draw = () => {
      const bars = part("bars");
      if (!bars) return;
      const [sound, marks] = bars.children;
      // A bar for each digit of the waveform, at its height around the middle; without one the plain bar.
      const bar = (height, n) => `M${n + 0.15} ${20 - height / 2}h.7v${height}h-.7z`;
      const wave = [...(audio.dataset.wave || "")].map((digit, n) => bar(parseInt(digit, 36) + 3, n));
      sound.setAttribute("d", wave.join("") || "M0 17h120v6H0z");
      if (!wave.length) seek.parentElement.style.setProperty("--thumb", "1.25rem");
      const places = chapters.map(startOf).filter((start) => start > 0 && start < length());
      marks.setAttribute("d", places.map((start) => `M${(120 * start) / length()} 0v40`).join(""));
      bars.after(bars.cloneNode(true));
      bars.nextSibling.classList.add("played");
    };
    const point = (items, at) => {
      const current = at || !audio.paused ? items.filter((item) => startOf(item) <= at + 0.05).at(-1) : undefined;
      for (const item of items) {
        const shown = item.matches("li") ? item.firstChild : item;
        if (item === current) shown.setAttribute("aria-current", "true");
        else shown.removeAttribute("aria-current");
      }
      return current;
    };
    const follow = (at) => {
      const before = line;
      line = point(lines, at);
      if (line && line !== before && !held) line.parentElement.scrollTop = line.offsetTop - 12;
    };
    const on = (names, act) => {
      for (const name of names.split(" ")) audio.addEventListener(name, act);
    };
    const tell = (name, is) => {
      const message = part(name);
      if (message) message.hidden = !is;
    };

    const show = () => {
      const at = dragging ? Number(seek.value) : now();
      seek.max = length();
      if (!dragging) seek.value = at;
      seek.parentElement.style.setProperty("--done", `${(100 * at) / (length() || 1)}%`);
      part("elapsed").textContent = mark(at);
      part("remaining").textContent = `−${mark(Math.max(0, Math.round(length()) - Math.floor(at)))}`;
      if (dragging || document.activeElement !== seek) say(at);
      point(chapters, at);
      follow(at);
      if (loaded()) passOnFrom(article, at);
    };
    const say = (at) => {
      const text = seek.dataset.of.replace("{position}", mark(at)).replace("{length}", mark(length()));
      seek.setAttribute("aria-valuetext", text);
    };
    const keep = () => {
      if (audio.error) return;
      saved = now();
      remember(file, saved > 0 && saved < length() - 2 ? String(Math.floor(saved * 10) / 10) : null);
    };
    const go = (seconds) => {
      audio.currentTime = Math.max(0, Math.min(seconds, length()));
      held = false;
      line = null;
      used = keys;
      say(now());
      show();
      keep();
    };
    const start = () => {
      const at = now();
      if (audio.error) {
        audio.load();
        audio.currentTime = at;
      }
      // The error event tells the listener what goes wrong with a file.
      audio.play().catch(() => {});
    };
    const setSpeed = (value) => {
      speed.value = value;
      if (!speed.value) speed.value = 1;
      audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value) || 1;
    };

    const nameOf = (word) => audio.dataset[word] || play.dataset[word].replace("{title}", `\u2068${audio.dataset.title}\u2069`);
    const label = () => {
      player.classList.toggle("playing", !audio.paused);
      play.setAttribute("aria-label", nameOf(audio.paused ? "play" : "pause"));
      clearTimeout(slow);
      const waits = !audio.paused && !audio.error && audio.readyState < 3;
      if (waits) slow = setTimeout(() => tell("loading", true), 400);
      else tell("loading", false);
    };
    // Audio that was taken back is told apart from a network that fails.
    const explain = async () => {
      const signal = AbortSignal.timeout ? AbortSignal.timeout(8000) : null;
      const answer = await fetch(file, { method: "HEAD", cache: "no-store", signal }).catch(() => null);
      if (audio.error) tell(answer && [403, 404, 410].includes(answer.status) ? "away" : "trouble", true);
    };
    const tellSystem = () => {
      if (!("mediaSession" in navigator && "MediaMetadata" in window)) return;
      const session = navigator.mediaSession;
      const picture = audio.dataset.cover || (cover && cover.src);
      const pixels = (!audio.dataset.cover && cover && cover.naturalWidth) || 600;
      session.metadata = new MediaMetadata({
        title: audio.dataset.title,
        artist: audio.dataset.host,
        album: find("show").textContent,
        artwork: picture ? [{ src: picture, sizes: `${pixels}x${pixels}` }] : [],
        chapterInfo: chapters.map((li) => ({ title: li.querySelector("bdi").textContent, startTime: startOf(li) })),
      });
      const next = (step) => () => {
        const starts = chapters.map(startOf);
        const target = step > 0 ? starts.find((s) => s > now()) : starts.findLast((s) => s < now() - 2);
        if (target !== undefined) go(target);
      };
      const handlers = {
        play: start,
        pause: () => audio.pause(),
        seekbackward: (details) => go(now() - (details.seekOffset || 15)),
        seekforward: (details) => go(now() + (details.seekOffset || 30)),
        seekto: (details) => go(details.seekTime),
        previoustrack: chapters.length ? next(-1) : null,
        nexttrack: chapters.length ? next(1) : null,
      };
      for (const [action, handler] of Object.entries(handlers)) {
        try {
          session.setActionHandler(action, handler);
        } catch {
          continue;
        }
      }
    };
    const tellPlace = () => {
      if (!loaded() || !navigator.mediaSession || !navigator.mediaSession.setPositionState) return;
      navigator.mediaSession.setPositionState({ duration: length(), playbackRate: audio.playbackRate, position: now() });
    };

    const makeButton = (shown, seconds) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = shown.className;
      button.append(...shown.childNodes);
      button.addEventListener("click", () => {
        go(seconds);
        start();
      });
      shown.replaceWith(button);
      return button;
    };
    for (const li of chapters) makeButton(li.firstChild, startOf(li));
    const words = audio.closest("article").querySelector(".transcript");
    const told = (start, speaker, text) => {
      const paragraph = document.createElement("p");
      const add = (name, said) => paragraph.append(Object.assign(document.createElement(name), { textContent: said }), " ");
      paragraph.dir = "auto";
      if (start !== null) {
        paragraph.dataset.start = start;
        add("span", mark(start));
        paragraph.firstChild.className = "mark";
      }
      if (speaker) add("b", `\u2068${speaker}\u2069:`);
      paragraph.append(text);
      return paragraph;
    };
    const plain = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
    const paragraphs = (file) => {
      const blocks = file.trim().split("\n\n");
      if (blocks[0] !== "WEBVTT") return blocks.map((text) => told(null, "", text));
      const found = [];
      for (const block of blocks.slice(1)) {
        const [times, line] = block.split("\n");
        const [, speaker, text] = /^(?:<v ([^>]*)>)?(.*)$/.exec(line).map((part) => plain(part || ""));
        const last = found.at(-1);
        const full = last && (last.text.length >= 600 || (last.text.length >= 260 && /[.!?…。！？؟।]["'»”’)]*$/.test(last.text)));
        if (last && !full && last.speaker === speaker) last.text += ` ${text}`;
        else found.push({ start: seconds(times.split(" ")[0]), speaker, text });
      }
      return found.map((one) => told(one.start, one.speaker, one.text));
    };
    const tappable = () => {
      for (const span of words.querySelectorAll("span.mark")) {
        const button = makeButton(span, startOf(span.parentElement));
        button.setAttribute("aria-label", words.dataset.at.replace("{position}", button.textContent));
      }
      lines = [...words.querySelectorAll("[data-start]")];
      if (!lines.length) return;
      const box = lines[0].parentElement;
      box.classList.add("lines");
      const hold = () => (held = true);
      for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) box.addEventListener(name, hold, { passive: true });
      words.addEventListener("toggle", () => {
        line = null;
        show();
      });
    };
    // A long transcript is fetched when somebody opens it; where that fails, the link to the file stays.
    const unfold = async () => {
      const place = words.querySelector("[data-fetch]");
      try {
        const answer = await fetch(place.querySelector("a").href);
        if (!answer.ok) return;
        place.replaceChildren(...paragraphs(await answer.text()));
        place.lang = place.dataset.fetch;
        tappable();
        show();
      } catch {
        return;
      }
    };
    if (words) {
      tappable();
      if (words.querySelector("[data-fetch]")) words.addEventListener("toggle", unfold, { once: true });
    }
    play.addEventListener("click", () => toggle());
    for (const button of player.querySelectorAll(".skip")) {
      button.addEventListener("click", () => go(now() + Number(button.dataset.by)));
    }
    seek.addEventListener("input", () => {
      dragging = true;
      show();
    });
    seek.addEventListener("change", () => {
      dragging = false;
      go(Number(seek.value));
    });
    const toggle = () => (audio.paused ? start() : audio.pause());
    // Returns what a key does while the focus is on *at*, undefined for nothing.
    const keys = (key, at) => {
      const step = { ArrowLeft: -5, ArrowRight: 5, ...(at === seek && { ArrowDown: -5, ArrowUp: 5 }) }[key];
      if (step) return () => go(now() + step);
      if (key === " ") return at.matches("button") ? undefined : toggle;
      return /^\d$/.test(key) ? () => go((length() * key) / 10) : undefined;
    };
    players.push([player, keys]);
    speed.addEventListener("change", () => {
      setSpeed(speed.value);
      remember("speed", speed.value);
    });

    on("play", () => {
      for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
      setSpeed(recall("speed") || speed.value);
      for (const name of ["trouble", "away"]) tell(name, false);
      held = false;
      used = keys;
      tellSystem();
      label();
    });
    on("pause", () => {
      label();
      keep();
    });
    on("timeupdate", () => {
      show();
      if (Math.abs(now() - saved) >= 5) keep();
    });
    on("ended", () => {
      remember(file, null);
    });
    on("error", () => {
      audio.pause();
      label();
      explain();
    });
    on("waiting playing canplay seeking seeked", label);
    on("playing seeked ratechange durationchange", tellPlace);
    addEventListener("pagehide", () => loaded() && keep());
    on("loadedmetadata durationchange", show);
    addEventListener("pageshow", show);

    player.setAttribute("aria-label", audio.getAttribute("aria-label"));
    setSpeed(recall("speed") || 1);
    draw();
    label();
    show();
    audio.after(player);
    audio.controls = false;
  };
  for (const audio of document.querySelectorAll("audio")) enhance(audio);

  // Keys work where the focus is in a player, or nowhere: digits only once one was used (WCAG 2.1.4).
  addEventListener("keydown", (event) => {
    const { key, target: at } = event;
    const isDigit = /^\d$/.test(key);
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && !isDigit)) return;
    const found = players.find(([player]) => player.contains(at));
    const nowhere = at === document.body ? used || (!isDigit && players[0] && players[0][1]) : null;
    const keys = found ? found[1] : nowhere;
    const act = keys && !at.matches("select") && keys(key, at);
    if (!act) return;
    event.preventDefault();
    if (key !== " " || !event.repeat) act();
  });

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      field.className = "unseen";
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  };
  const press = async (button) => {
    if (button.disabled) return;
    const done = await copy(button.dataset.copy);
    button.focus();
    if (!done) return find("feed-address").select();
    const label = [...button.childNodes];
    button.textContent = find("said").textContent = button.dataset.done;
    button.disabled = true;
    setTimeout(() => {
      button.replaceChildren(...label);
      find("said").textContent = "";
      button.disabled = false;
    }, 2500);
  };
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => press(button));
  }

  // A link into an app that is there takes the listener away from the page within a moment.
  const ifNothingHappens = (then) => {
    const over = new AbortController();
    const left = () => over.abort();
    const options = { signal: over.signal };
    addEventListener("blur", left, options);
    addEventListener("pagehide", left, options);
    document.addEventListener("visibilitychange", left, options);
    setTimeout(() => {
      if (!over.signal.aborted) then();
      over.abort();
    }, 1500);
  };
  const agent = navigator.userAgent;
  const isApple = /iPhone|iPad|iPod/.test(agent) || (/Mac/.test(agent) && navigator.maxTouchPoints > 1);
  // A phone that asks for pages as made for a desk calls itself Linux, and is still held in a hand.
  const isAndroid = /Android/.test(agent) || (/Linux/.test(agent) && matchMedia("(pointer: coarse)").matches);
  const device = isAndroid ? "android" : isApple ? "ios" : /Mac/.test(agent) ? "mac" : "other";
  const hide = (id, hidden) => find(id) && (find(id).hidden = hidden);
  const apps = find("apps");
  for (const li of apps.children) li.hidden = !li.dataset.devices.split(" ").includes(device);
  const likely = apps.querySelector("li:not([hidden])");
  if (likely) likely.classList.add("likely");
  hide("offered", !likely);
  hide("scan", isAndroid || isApple);
  apps.closest(".aside")?.classList.add("chosen");
  apps.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || link.protocol === "https:") return;
    ifNothingHappens(() => {
      find("nothing-happened").hidden = false;
      find("by-hand").scrollIntoView({ block: "nearest" });
    });
  });
  const isInsideAnApp =
    /FBA[NV]|Instagram|LinkedInApp|Outlook|GSA\/|\bLine\/|MicroMessenger|; wv\)/.test(agent) ||
    (/iPhone|iPad|iPod/.test(agent) && !/Safari\//.test(agent));
  if (isInsideAnApp) find("mail-browser").hidden = false;

  // On paper nothing can be unfolded.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const one of unfolded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
  });

  // A link that was passed on carries the marks of the pages on its way; passing it on again adds this page's.
  const share = find("share");
  const passOn = (address) => {
    share.href = share.href.replace(encodeURIComponent(share.dataset.address), encodeURIComponent(address));
    share.dataset.address = find("share-copy").dataset.copy = address;
  };
  passOn(share.dataset.address);
  const way = query.get("via") || "";
  if (/^[0-9a-f]{8}(\.[0-9a-f]{8})*$/.test(way)) {
    const mark = share.dataset.address.split("via=").pop();
    passOn(share.dataset.address.replace(`via=${mark}`, `via=${way.split(".").slice(-19).join(".")}.${mark}`));
    const action = find("action");
    if (action && action.pathname.endsWith("/call.html")) action.search = `?via=${way}`;
  }
  // Once something was heard, it can be passed on from there; the place stays as it was when it was chosen.
  const from = find("from");
  if (from) {
    const whole = share.dataset.address;
    const [chosen, said] = from.children;
    passOnFrom = (article, at) => {
      if (chosen.checked || at < 1) return;
      from.hidden = false;
      said.textContent = said.dataset.from.replace("{position}", mark(at));
      chosen.value = `${whole}&t=${Math.floor(at)}#${article.id}`;
    };
    chosen.addEventListener("change", () => passOn(chosen.checked ? chosen.value : whole));
  }
  share.addEventListener("click", (event) => {
    const { address, subject, message } = share.dataset;
    if (navigator.share) {
      event.preventDefault();
      navigator.share({ title: subject, text: message, url: address }).catch((error) => {
        if (error.name !== "AbortError") press(find("share-copy"));
      });
    } else {
      ifNothingHappens(() => press(find("share-copy")));
    }
  });
})();
