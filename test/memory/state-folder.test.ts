import { expect, it } from 'vitest'
import { stateFolder, type StatePlace } from '../../src/memory/state-folder.ts'

const place: StatePlace = {
  stackName: 'todo',
  root: '/projects/todo',
  instance: undefined,
  env: {},
  platform: 'linux',
  home: '/home/ada',
}

it('follows the platform, unless the user says otherwise', () => {
  const windows = { ...place, platform: 'win32', home: 'C:\\Users\\ada' } as const
  expect([
    stateFolder(place),
    stateFolder({ ...place, instance: 'review' }),
    stateFolder({ ...place, instance: 'default' }),
    stateFolder({ ...place, root: '/projects/other' }),
    stateFolder({ ...place, env: { XDG_STATE_HOME: '/var/ada' } }),
    stateFolder({ ...place, env: { XDG_STATE_HOME: 'relative' } }),
    stateFolder({ ...place, env: { XDG_STATE_HOME: '/var/ada', IAMSTACK_STATE: '/state' } }),
    stateFolder({ ...place, platform: 'darwin', home: '/Users/ada' }),
    stateFolder(windows),
    stateFolder({ ...windows, env: { LOCALAPPDATA: 'D:\\Local' } }),
  ]).toMatchInlineSnapshot(`
    [
      "/home/ada/.local/state/iamstack/todo-0dd9520e/default",
      "/home/ada/.local/state/iamstack/todo-0dd9520e/review",
      "/home/ada/.local/state/iamstack/todo-0dd9520e/default_",
      "/home/ada/.local/state/iamstack/todo-80d0296f/default",
      "/var/ada/iamstack/todo-0dd9520e/default",
      "/home/ada/.local/state/iamstack/todo-0dd9520e/default",
      "/state/iamstack/todo-0dd9520e/default",
      "/Users/ada/Library/Application Support/iamstack/todo-0dd9520e/default",
      "C:\\Users\\ada\\AppData\\Local\\iamstack\\todo-0dd9520e\\default",
      "D:\\Local\\iamstack\\todo-0dd9520e\\default",
    ]
  `)
})
