import { describe, expect, it } from 'vitest';
import { howToInstall, type Machine } from '../../server/install.ts';

const aMachine = (parts: Partial<Machine>): Machine => ({
  installer: null,
  isUbuntu: false,
  isRoot: false,
  ...parts,
});

describe('howToInstall', () => {
  it.each([
    [{ installer: 'apt' }, 'Run `sudo apt-get install -y default-jdk-headless maven`'],
    [
      { installer: 'apt', isUbuntu: true, isRoot: true },
      'Run `apt-get install -y openjdk-21-jdk-headless maven`',
    ],
    [{ installer: 'brew' }, 'Run `brew install temurin maven`'],
  ] as const)('is one command for all that is missing: %o', (machine, text) => {
    expect(howToInstall(['jdk', 'maven'], aMachine(machine))).toBe(text);
  });

  it('is about one program at a time where no command installs them all', () => {
    const windows = aMachine({ installer: 'winget' });
    expect(howToInstall(['jdk', 'maven'], windows)).toBe(
      'Run `winget install --exact --id EclipseAdoptium.Temurin.21.JDK`',
    );
    expect(howToInstall(['maven'], windows)).toBe(
      'Get it from https://maven.apache.org/install.html',
    );
  });

  it('is the page to get it from where no installer is known', () => {
    expect(howToInstall(['python'], aMachine({}))).toBe(
      'Get it from https://www.python.org/downloads/',
    );
  });
});
