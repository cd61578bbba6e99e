// A dialogue by WebSocket. The session is the connection; when it ends, the next message opens another one and says
// everything again, which the server finds in its cache.

const INITIAL_LENGTH = 512;
const LONGER = 4;
const LOADING_MS = 1000;

let config = JSON.parse(element("config").textContent); // without models where only a key shows them
let model = null;
let socket = null;
let sessionLength = INITIAL_LENGTH;
let said = "";       // the whole dialogue as the model has seen it
let unsent = "";     // what of it this session has not been told
let answering = null;

/** What a browser lets a page send along with the opening of a WebSocket. */
function protocols() {
  if (!key()) {
    return [];
  }
  const letters = String.fromCharCode(...new TextEncoder().encode(key()));
  return ["corral", "corral.bearer." + btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")];
}

function settings() {
  return config.modelConfigs[model];
}

function status(text) {
  if (element("status").textContent !== text) {
    element("status").textContent = text; // is read out each time
  }
}

/** Gets the models where the page came without them; false while they are not there. */
async function load() {
  if (config.defaultModel === undefined) {
    const response = await fetch("petals/models", {headers: authorization()});
    if (response.status === 401) {
      askForKey();
      return false;
    }
    const answer = await response.json();
    if (answer.ok === false) {
      status("The model is loading…");
      setTimeout(begin, LOADING_MS);
      return false;
    }
    config = answer;
  }
  return true;
}

async function begin() {
  try {
    if (!(await load())) {
      return;
    }
  } catch {
    status("The server can’t be reached. Trying again…");
    setTimeout(begin, LOADING_MS);
    return;
  }
  model = config.defaultModel;
  element("model").replaceChildren(...Object.keys(config.modelConfigs).map(
    each => new Option(config.modelConfigs[each].frontend.name || each, each, false, each === model)));
  status("");
  showModel();
  showButtons();
}

/** Where to read about the model, as far as the server was told. */
function showModel() {
  const {model_card: card, license} = settings().frontend;
  const links = [["Model card", card], ["License", license]].filter(([, url]) => /^https?:\/\//.test(url));
  element("links").replaceChildren(...links.flatMap(([text, url], i) => {
    const link = document.createElement("a");
    link.href = url;
    link.rel = "noopener noreferrer";
    link.textContent = text;
    return i === 0 ? [link] : [" · ", link];
  }));
}

withKey(() => {
  if (model === null) {
    begin();
  }
});

/** In place of what the empty page says of itself. */
function say(kind, text) {
  element("about").hidden = true;
  return addTurn(kind, text);
}

function showButtons() {
  element("stop").hidden = answering === null;
  element("send").hidden = answering !== null;
  element("send").disabled = model === null;
}

function closeSession() {
  if (socket !== null) {
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
    socket = null;
  }
  unsent = said;
}

function open() {
  const address = new URL("api/v2/generate", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(address, protocols());
  const length = Math.min(sessionLength, settings().chat.max_session_length);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    socket.send(JSON.stringify({type: "open_inference_session", model: settings().backend.key, max_length: length}));
    generate();
  };
  socket.onmessage = event => receive(JSON.parse(event.data));
  socket.onclose = async () => {
    closeSession();
    if (answering !== null) {
      fail(opened || !(await isRefused()) ? "The connection was lost" : "The server wants an API key");
    }
  };
}

/** A browser doesn't say why a WebSocket was refused; a request does. */
async function isRefused() {
  try {
    const response = await fetch("petals/models", {headers: authorization()});
    if (response.status !== 401) {
      return false;
    }
    askForKey();
    return true;
  } catch {
    return false;
  }
}

function generate() {
  const chat = settings().chat;
  socket.send(JSON.stringify({
    type: "generate",
    inputs: unsent,
    max_new_tokens: 1,
    stop_sequence: chat.stop_token,
    extra_stop_sequences: chat.extra_stop_sequences,
    ...chat.generation_params,
  }));
  unsent = "";
}

function receive(message) {
  if (!message.ok) {
    failed(message.traceback);
    return;
  }
  if (message.outputs === undefined) {
    status("Reading");
    return;
  }
  if (answering.tokens === 0) {
    answering.begun = performance.now();
  }
  status("Answering");
  said += message.outputs;
  answering.text += message.outputs;
  answering.tokens += message.token_count;
  let shown = answering.text;
  if (message.stop) {
    for (const end of [settings().chat.stop_token, ...settings().chat.extra_stop_sequences]) {
      if (shown.endsWith(end)) {
        shown = shown.slice(0, -end.length);
      }
    }
    const seconds = (performance.now() - answering.begun) / 1000;
    status(answering.tokens > 1 ? ((answering.tokens - 1) / seconds).toFixed(1) + " tokens/s" : "");
  }
  answering.turn.textContent = shown.trim();
  follow();
  if (message.stop) {
    answering = null;
    showButtons();
  }
}

/** What is written stays in view, unless a person has scrolled away from it. */
function follow() {
  const dialogue = element("dialogue");
  if (dialogue.scrollHeight - dialogue.scrollTop - dialogue.clientHeight < 80) {
    dialogue.scrollTop = dialogue.scrollHeight;
  }
}

function failed(traceback) {
  closeSession();
  if (/Maximum length exceeded/.test(traceback)) {
    if (sessionLength < settings().chat.max_session_length) {
      sessionLength *= LONGER;
      status("Going on in a longer session");
      open();
    } else {
      fail("The dialogue is longer than what the model can hold. Begin a new one.");
    }
  } else if (/Session .+ expired/.test(traceback)) {
    open();
  } else if (/attention cache is full/.test(traceback)) {
    fail("The server is busy; try again in a moment");
  } else {
    fail(traceback.trim().split("\n").pop());
  }
}

function fail(text) {
  if (answering !== null && answering.text === "") {
    answering.turn.remove();
  }
  say("error", text);
  answering = null;
  status("");
  showButtons();
}

function ask(text) {
  const separator = settings().chat.sep_token;
  const turn = (said === "" ? "" : said.endsWith(separator) ? "" : separator) + "Human: " + text + separator + "Assistant:";
  said += turn;
  unsent += turn;
  say("user", text);
  answering = {turn: say("model", "…"), text: "", tokens: 0, begun: 0};
  status("Waiting");
  showButtons();
  if (socket !== null && socket.readyState === WebSocket.OPEN) {
    generate();
  } else {
    closeSession();
    open();
  }
}

whenSent(() => answering === null && model !== null, ask);

element("stop").addEventListener("click", () => {
  closeSession();
  if (answering.text === "") {
    answering.turn.remove();
  }
  answering = null;
  status("Stopped");
  showButtons();
});

function reset() {
  closeSession();
  said = unsent = "";
  sessionLength = INITIAL_LENGTH;
  answering = null;
  element("dialogue").replaceChildren(element("about"));
  element("about").hidden = false;
  status("");
  showButtons();
  element("input").focus();
}

element("reset").addEventListener("click", reset);
element("model").addEventListener("change", () => {
  model = element("model").value;
  showModel();
  reset();
});

begin();
