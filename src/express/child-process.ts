/**
 * Node's child_process, loaded when it is first needed: that takes 4 ms, and most starts launch Apache without having needed it.
 */
export const childProcess = () => process.getBuiltinModule('node:child_process');
