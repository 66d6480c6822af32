// Ink imports react-devtools-core only when DEV=true; the bundle never does, but the import must resolve to something.
export default {initialize() {}, connectToDevTools() {}};
