// plugin_host LIBRARY: loads and unloads the shared library often. It must do no work at load time
// and leave nothing behind: no descriptor, no thread, no mapping that grows.
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>

// Without "." and "..".
static int entries(const char* folder) {
  int count = -2;
  DIR* dir = opendir(folder);
  if (!dir) return -1;
  while (readdir(dir)) ++count;
  closedir(dir);
  return count;
}

static int lines(const char* file) {
  int count = 0, c = 0;
  FILE* in = fopen(file, "r");
  if (!in) return -1;
  while ((c = getc(in)) != EOF) count += c == '\n';
  fclose(in);
  return count;
}

int main(int argc, char** argv) {
  int descriptors = 0, threads = 0, maps = 0;
  if (argc != 2) return 2;
  for (int i = 0; i < 100; ++i) {
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      fprintf(stderr, "%s\n", dlerror());
      return 3;
    }
    if (dlclose(library) != 0) return 4;
    if (i == 0) {  // what the libraries below it keep is there now
      descriptors = entries("/proc/self/fd");
      threads = entries("/proc/self/task");
      maps = lines("/proc/self/maps");
    }
  }
  printf("descriptors %d -> %d, threads %d -> %d, maps %d -> %d\n", descriptors,
         entries("/proc/self/fd"), threads, entries("/proc/self/task"), maps,
         lines("/proc/self/maps"));
  // The heap may be trimmed or split meanwhile; a leak would be a hundred maps.
  return entries("/proc/self/fd") != descriptors || entries("/proc/self/task") != threads ||
         lines("/proc/self/maps") > maps + 5;
}
