type Labels = Readonly<Record<string, string | number>>

export interface Counter {
  add(amount?: number, labels?: Labels): void
}

/** Counters and gauges of one program, shown in the text format of Prometheus. */
export interface Metrics {
  counter(name: string, help: string): Counter
  /** `read` is asked whenever the metrics are. */
  gauge(name: string, help: string, read: () => number): void
  readonly text: () => string
}

export function createMetrics(): Metrics {
  const families: (() => string)[] = []
  return {
    counter(name, help) {
      const values = new Map<string, number>()
      families.push(() => family(name, help, 'counter', values))
      return {
        add: (amount = 1, labels = {}) => {
          const key = labelText(labels)
          values.set(key, (values.get(key) ?? 0) + amount)
        },
      }
    },
    gauge(name, help, read) {
      families.push(() => family(name, help, 'gauge', new Map([['', read()]])))
    },
    text: () => families.map((show) => show()).join(''),
  }
}

function family(name: string, help: string, type: string, values: ReadonlyMap<string, number>): string {
  const samples = [...values].map(([labels, value]) => `${name}${labels} ${String(value)}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(String(value))}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
