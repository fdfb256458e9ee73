/* global document */
/** The page: shows the list, and sends what is done to it. */
const list = document.querySelector('ul')
const form = document.querySelector('form')

async function send(method, path, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
}

function row({ id, title, completed }) {
  const item = document.createElement('li')
  const done = Object.assign(document.createElement('input'), { type: 'checkbox', checked: completed })
  const text = Object.assign(document.createElement('span'), { textContent: title })
  const remove = Object.assign(document.createElement('button'), { textContent: '×', title: 'Delete' })
  item.classList.toggle('completed', completed)
  done.addEventListener('change', () => change('PATCH', `/todos/${id}`, { completed: done.checked }))
  remove.addEventListener('click', () => change('DELETE', `/todos/${id}`))
  item.append(done, text, remove)
  return item
}

async function show() {
  const todos = await (await fetch('/todos')).json()
  list.replaceChildren(...todos.map(row))
}

async function change(...request) {
  await send(...request)
  await show()
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  await change('POST', '/todos', { title: form.elements.title.value })
  form.reset()
})

await show()
