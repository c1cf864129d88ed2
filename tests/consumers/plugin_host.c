// plugin_host LIBRARY [ROUNDS ROOT RUN_ROOT]: loads and unloads a shared library often. It must do
// no work at load time and leave nothing behind: no descriptor, no thread, no mapping. With ROUNDS
// it has a function use_containers, which is called each time.
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct State {
  int descriptors, threads, maps, of_library;
};

// Without "." and "..".
static int entries(const char* folder) {
  int count = -2;
  DIR* dir = opendir(folder);
  if (!dir) return -1;
  while (readdir(dir)) ++count;
  closedir(dir);
  return count;
}

static struct State now(void) {
  struct State state = {entries("/proc/self/fd"), entries("/proc/self/task"), 0, 0};
  char line[4096];
  FILE* in = fopen("/proc/self/maps", "r");
  while (in && fgets(line, sizeof line, in)) {
    ++state.maps;
    state.of_library += strstr(line, "libcontainerlib") != NULL;
  }
  if (in) fclose(in);
  return state;
}

static int use(void* library, char** roots) {
  union {
    void* object;
    int (*function)(const char*, const char*);
  } symbol;
  symbol.object = dlsym(library, "use_containers");
  return symbol.object ? symbol.function(roots[0], roots[1]) : -1;
}

int main(int argc, char** argv) {
  struct State first = {0, 0, 0, 0}, last;
  if (argc != 2 && argc != 5) return 2;
  const int rounds = argc == 2 ? 100 : atoi(argv[2]);
  for (int i = 0; i < rounds; ++i) {
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      fprintf(stderr, "%s\n", dlerror());
      return 3;
    }
    if (argc == 5 && use(library, argv + 3) != 0) return 5;
    if (dlclose(library) != 0) return 4;
    if (i == 0) first = now();  // what the libraries below it keep is there now
  }
  last = now();
  printf("descriptors %d -> %d, threads %d -> %d, maps %d -> %d, of the library %d\n",
         first.descriptors, last.descriptors, first.threads, last.threads, first.maps, last.maps,
         last.of_library);
  // The heap may be trimmed or split meanwhile; a leak would be a map for each round.
  return last.descriptors != first.descriptors || last.threads != first.threads ||
         last.maps > first.maps + 5 || last.of_library != 0;
}
