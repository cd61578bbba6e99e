"use strict";

// What the pages of dialogues have in common. A page calls withKey and whenSent once.

const element = id => document.getElementById(id);
const KEY = "corral.key"; // where the server's chat page keeps it, too

function key() {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

function authorization() {
  return key() ? {Authorization: "Bearer " + key()} : {};
}

function askForKey() {
  element("key-text").textContent = key() ? "The server did not accept this key." : "This server answers only with a key.";
  if (!element("asking").open) {
    element("asking").showModal();
  }
}

/** Goes on so when a person has given a key. */
function withKey(goOn) {
  element("key-form").addEventListener("submit", event => {
    event.preventDefault();
    sessionStorage.setItem(KEY, element("key").value.trim());
    element("asking").close();
    element("key").value = "";
    goOn();
  });
}

function addTurn(kind, text) {
  const turn = document.createElement("div");
  turn.className = "turn " + kind;
  turn.dir = "auto";
  turn.textContent = text;
  if (kind === "error") {
    turn.role = "alert";
  }
  element("dialogue").append(turn);
  turn.scrollIntoView({block: "end"});
  return turn;
}

/** Hands over what a person sends, by Enter or the button, as long as the page can take it. */
function whenSent(canTake, take) {
  element("form").addEventListener("submit", event => {
    event.preventDefault();
    const text = element("input").value.trim();
    if (text !== "" && canTake()) {
      element("input").value = "";
      take(text);
    }
  });
  element("input").addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      element("form").requestSubmit();
    }
  });
}
