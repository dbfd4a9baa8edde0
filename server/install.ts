import { existsSync, readFileSync } from 'node:fs';

/** Programs that the playground needs and does not bring. */
export type Need = 'jdk' | 'maven' | 'python';

/** How people install programs on a machine. */
export interface Machine {
  /** Null where it is none that is known here. */
  readonly installer: 'apt' | 'brew' | 'winget' | null;
  /** Whose default JDK may be older than 17, on releases that are still in use. */
  readonly isUbuntu: boolean;
  readonly isRoot: boolean;
}

/** Of every need what its package is called; null where the installer has none. */
const PACKAGES = {
  jdk: {
    apt: 'default-jdk-headless',
    brew: 'temurin',
    winget: 'EclipseAdoptium.Temurin.21.JDK',
    page: 'https://adoptium.net/',
  },
  maven: {
    apt: 'maven',
    brew: 'maven',
    winget: null,
    page: 'https://maven.apache.org/install.html',
  },
  python: {
    // Debian's Python comes without the part of it that gives a new environment its pip.
    apt: 'python3-venv',
    brew: 'python',
    winget: 'Python.Python.3.13',
    page: 'https://www.python.org/downloads/',
  },
} as const satisfies Readonly<Record<Need, Readonly<Record<string, string | null>>>>;

/**
 * The one command that installs what is missing, or the page to get it from, as the beginning of a
 * sentence. Where no command installs all, it is about the first.
 */
export function howToInstall(needs: readonly [Need, ...Need[]], machine = thisMachine()): string {
  const { installer, isRoot, isUbuntu } = machine;
  const [first] = needs;
  switch (installer) {
    case 'apt': {
      const names = needs.map((need) =>
        need === 'jdk' && isUbuntu ? 'openjdk-21-jdk-headless' : PACKAGES[need].apt,
      );
      return `Run \`${isRoot ? '' : 'sudo '}apt-get install -y ${names.join(' ')}\``;
    }
    case 'brew':
      return `Run \`brew install ${needs.map((need) => PACKAGES[need].brew).join(' ')}\``;
    case 'winget': {
      const name = PACKAGES[first].winget;
      if (name !== null) return `Run \`winget install --exact --id ${name}\``;
      return fromPage(first);
    }
    case null:
      return fromPage(first);
  }
}

const fromPage = (need: Need): string => `Get it from ${PACKAGES[need].page}`;

function thisMachine(): Machine {
  return {
    installer: installerHere(),
    isUbuntu:
      existsSync('/etc/os-release') && /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8')),
    isRoot: process.getuid?.() === 0,
  };
}

function installerHere(): Machine['installer'] {
  if (process.platform === 'win32') return 'winget';
  if (existsSync('/usr/bin/apt-get')) return 'apt';
  return ['/opt/homebrew/bin/brew', '/usr/local/bin/brew'].some(existsSync) ? 'brew' : null;
}
