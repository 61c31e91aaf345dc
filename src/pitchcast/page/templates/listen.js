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
    const units = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
    if (units) return seconds(units.slice(1).map((part) => part || 0).join(":"));
    return /^\d+(:\d+){0,2}$/.test(text) ? seconds(text) : 0;
  };
  const asked = {
    start: moment(query.get("t") || ""),
    article: document.querySelector(`article[id="${CSS.escape(location.hash.slice(1))}"]`) || document.querySelector("article"),
  };
  let passOnFrom = () => {};

  const enhance = (audio) => {
    const player = template.content.firstElementChild.cloneNode(true);
    const part = (name) => player.querySelector(`.${name}`);
    const [seek, play, speed, trouble] = ["seek", "play", "speed", "trouble"].map(part);
    const file = audio.getAttribute("src");
    const chapters = [...audio.closest("article").querySelectorAll(".chapters li")];
    // Nothing is fetched before the first play, so until then the place is only kept here.
    const article = audio.closest("article");
    const isAsked = asked.start && article === asked.article && asked.start < Number(audio.dataset.seconds);
    let place = isAsked ? asked.start : Number(recall(file)) || 0;
    let saved = place;
    let dragging = false;

    const loaded = () => audio.readyState > 0;
    const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(audio.dataset.seconds));
    const now = () => (loaded() ? audio.currentTime : Math.min(place, length()));

    const show = () => {
      const at = dragging ? Number(seek.value) : now();
      seek.max = length();
      if (!dragging) seek.value = at;
      seek.style.setProperty("--done", `${(100 * at) / (length() || 1)}%`);
      part("elapsed").textContent = mark(at);
      part("remaining").textContent = `−${mark(Math.max(0, Math.round(length()) - Math.floor(at)))}`;
      if (dragging || document.activeElement !== seek) say(at);
      if (loaded()) passOnFrom(article, at);
      const current = at || !audio.paused ? chapters.filter((li) => Number(li.dataset.start) <= at + 0.05).at(-1) : null;
      for (const li of chapters) {
        if (li === current) li.firstChild.setAttribute("aria-current", "true");
        else li.firstChild.removeAttribute("aria-current");
      }
    };
    const say = (at) => {
      const text = seek.dataset.of.replace("{position}", mark(at)).replace("{length}", mark(length()));
      seek.setAttribute("aria-valuetext", text);
    };
    const keep = () => {
      saved = now();
      remember(file, saved > 0 && saved < length() - 2 ? String(Math.floor(saved * 10) / 10) : null);
    };
    const go = (seconds) => {
      place = Math.max(0, Math.min(seconds, length()));
      if (loaded()) audio.currentTime = place;
      say(place);
      show();
      keep();
    };
    const start = () => {
      if (audio.error) audio.load();
      // The error event tells the listener what goes wrong with a file.
      audio.play().catch(() => {});
    };
    const setSpeed = (value) => {
      speed.value = value;
      audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value) || 1;
    };

    const label = () => {
      player.classList.toggle("playing", !audio.paused);
      play.setAttribute("aria-label", audio.paused ? audio.dataset.play : audio.dataset.pause);
    };
    const tellSystem = () => {
      if (!("mediaSession" in navigator && "MediaMetadata" in window)) return;
      const session = navigator.mediaSession;
      const picture = audio.dataset.cover || (cover && cover.src);
      session.metadata = new MediaMetadata({
        title: audio.dataset.title,
        artist: audio.dataset.host,
        album: find("show").textContent,
        artwork: picture ? [{ src: picture }] : [],
      });
      const next = (step) => () => {
        const starts = chapters.map((li) => Number(li.dataset.start));
        const target = step > 0 ? starts.find((s) => s > now()) : starts.findLast((s) => s < now() - 2);
        if (target !== undefined) go(target);
      };
      const handlers = {
        play: start,
        pause: () => audio.pause(),
        seekbackward: (details) => go(now() - (details.seekOffset || 15)),
        seekforward: (details) => go(now() + (details.seekOffset || 15)),
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
      const position = Math.min(audio.currentTime, length());
      navigator.mediaSession.setPositionState({ duration: length(), playbackRate: audio.playbackRate, position });
    };

    for (const li of chapters) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chapter";
      button.append(...li.firstChild.childNodes);
      button.addEventListener("click", () => {
        go(Number(li.dataset.start));
        start();
      });
      li.firstChild.replaceWith(button);
    }
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
        const button = document.createElement("button");
        const from = Number(span.parentElement.dataset.start);
        button.type = "button";
        button.className = "mark";
        button.textContent = span.textContent;
        button.setAttribute("aria-label", words.dataset.at.replace("{position}", span.textContent));
        button.addEventListener("click", () => {
          go(from);
          start();
        });
        span.replaceWith(button);
      }
    };
    // A long transcript is fetched when somebody opens it; where that fails, the link to the file stays.
    const unfold = async () => {
      const place = words.querySelector("[data-fetch]");
      try {
        const answer = await fetch(place.querySelector("a").href);
        if (!answer.ok) return;
        place.replaceChildren(...paragraphs(await answer.text()));
        tappable();
      } catch {
        return;
      }
    };
    if (words) {
      tappable();
      if (words.querySelector("[data-fetch]")) words.addEventListener("toggle", unfold, { once: true });
    }
    play.addEventListener("click", () => (audio.paused ? start() : audio.pause()));
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
    seek.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
      if (!step) return;
      event.preventDefault();
      go(now() + step);
    });
    speed.addEventListener("change", () => {
      setSpeed(speed.value);
      remember("speed", speed.value);
    });

    audio.addEventListener("loadedmetadata", () => {
      if (place) audio.currentTime = place;
      show();
    });
    audio.addEventListener("play", () => {
      for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
      setSpeed(recall("speed") || speed.value);
      trouble.hidden = true;
      tellSystem();
      label();
    });
    audio.addEventListener("pause", () => {
      label();
      keep();
    });
    audio.addEventListener("timeupdate", () => {
      show();
      if (Math.abs(now() - saved) >= 5) keep();
    });
    audio.addEventListener("ended", () => {
      place = 0;
      remember(file, null);
    });
    audio.addEventListener("error", () => {
      trouble.hidden = false;
      label();
    });
    for (const name of ["playing", "seeked", "ratechange", "durationchange"]) audio.addEventListener(name, tellPlace);
    addEventListener("pagehide", () => loaded() && keep());

    player.setAttribute("aria-label", audio.getAttribute("aria-label"));
    setSpeed(recall("speed") || 1);
    label();
    show();
    audio.after(player);
    audio.controls = false;
  };
  for (const audio of document.querySelectorAll("audio")) enhance(audio);

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
  const device = /Android/.test(agent) ? "android" : isApple ? "ios" : /Mac/.test(agent) ? "mac" : "other";
  const apps = find("apps");
  const likely = [...apps.children].filter((li) => li.dataset.devices.split(" ").includes(device));
  apps.prepend(...likely);
  if (likely.length) likely[0].classList.add("likely");
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

  // A link that was passed on carries the marks of the pages on its way; passing it on again adds this page's.
  const share = find("share");
  const passOn = (address) => {
    share.href = share.getAttribute("href").replace(encodeURIComponent(share.dataset.address), encodeURIComponent(address));
    share.dataset.address = find("share-copy").dataset.copy = address;
  };
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
