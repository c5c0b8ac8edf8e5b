/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer: over each file of the folders (or files) named, and over each prefix of it. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1024 * 1024)
/* Each prefix of a long input takes a time that grows with its square: of those, as many as this, evenly spread. */
#define PREFIXES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long inputs;

/* A copy of each, so that a sanitizer sees what is read beyond it. */
static int run(const uint8_t *octets, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	if (!copy)
		return -1;
	if (length)
		memcpy(copy, octets, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
	return 0;
}

static int replay_file(const char *path)
{
	static uint8_t octets[INPUT_MAX + 1];
	FILE *file = fopen(path, "rbe");

	if (!file) {
		perror(path);
		return -1;
	}
	size_t length = fread(octets, 1, sizeof(octets), file);
	int failed = ferror(file);

	fclose(file);
	if (failed || length > INPUT_MAX) {
		fprintf(stderr, "%s: %s\n", path, failed ? "cannot be read" : "too long");
		return -1;
	}
	size_t step = length / PREFIXES_MAX + 1;

	for (size_t part = 0; part < length; part += step)
		if (run(octets, part) < 0)
			return -1;
	inputs++;
	return run(octets, length);
}

static int replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char name[4096];
	int failed = 0;

	if (!folder) {
		perror(path);
		return -1;
	}
	while (!failed && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		failed = replay_file(name);
	}
	closedir(folder);
	return failed;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		int folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);

		if ((folder ? replay_folder(argv[i]) : replay_file(argv[i])) < 0)
			return 1;
	}
	if (inputs == 0) {
		fprintf(stderr, "usage: %s FOLDER|FILE...; nothing was run\n", argv[0]);
		return 2;
	}
	printf("%lu inputs and their prefixes\n", inputs);
	return 0;
}
