"use strict";
(() => {
  const address = document.getElementById("feed-address");
  const button = document.getElementById("copy");
  const said = document.getElementById("copied");
  button.hidden = false;
  button.addEventListener("click", async () => {
    address.select();
    try {
      await navigator.clipboard.writeText(address.value);
    } catch {
      if (!document.execCommand("copy")) return;
    }
    const label = button.firstChild;
    button.textContent = said.textContent = button.dataset.done;
    button.disabled = true;
    setTimeout(() => {
      button.replaceChildren(label);
      said.textContent = "";
      button.disabled = false;
    }, 2500);
  });
  document.addEventListener("play", (event) => {
    for (const player of document.querySelectorAll("audio")) if (player !== event.target) player.pause();
  }, true);
})();
