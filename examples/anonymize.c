/* Hides the faces in a PNG, or puts them back.
 *
 *     anonymize hide photo.png masked.png [my.key]       under the key, or, without one, by the model that
 * comes with bauta anonymize restore masked.png clear.png [my.key]
 *
 * What restoring needs besides the pixels goes into masked.json; `bauta reid masked.png` reads it too. */
#include <bauta.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says what the library's last call that failed did. */
static int failed(void) {
  fprintf(stderr, "anonymize: %s\n", bauta_last_error());
  return 1;
}

/* NAME.json for NAME.png. */
static void record_path(const char* picture, char* path, size_t size) {
  const char* dot = strrchr(picture, '.');
  const int stem = dot ? (int)(dot - picture) : (int)strlen(picture);
  snprintf(path, size, "%.*s.json", stem, picture);
}

static char* read_text(const char* path) {
  FILE* file = fopen(path, "rb");
  char* text = NULL;
  long size = 0;
  if (!file) return NULL;
  if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0 &&
      (text = malloc((size_t)size + 1)) != NULL)
    text[fread(text, 1, (size_t)size, file)] = '\0';
  fclose(file);
  return text;
}

static int write_text(const char* path, const char* text) {
  FILE* file = fopen(path, "wb");
  if (!file) return 0;
  const int written = fputs(text, file) >= 0;
  return fclose(file) == 0 && written;
}

static int hide(const bauta_model* model, const bauta_key* key, const bauta_picture* picture, uint8_t* out,
                const char* path) {
  char beside[4096];
  bauta_detector* detector = NULL;
  bauta_checker* checker = NULL;
  bauta_result* result = NULL;
  int status = 1;
  bauta_deid_options options = BAUTA_DEID_OPTIONS_INIT;
  options.mode = key ? BAUTA_KEYED : BAUTA_OPEN;
  options.key = key;
  /* Looks whether faces are still recognized, where its networks are there. */
  if (bauta_checker_is_available(NULL) && bauta_checker_load(NULL, &checker) != BAUTA_OK) return failed();
  options.checker = checker;
  if (bauta_detector_load(NULL, &detector) == BAUTA_OK)
    printf("detector: %s\n", bauta_detector_kind(detector) == BAUTA_DETECTOR_YUNET
                                 ? "YuNet"
                                 : "Haar, which knows faces from the front alone");
  if (!detector || bauta_deidentify(model, detector, &options, picture, out, 0, &result) != BAUTA_OK) {
    failed();
  } else {
    for (size_t i = 0; i < bauta_result_count(result); ++i) {
      bauta_region region = BAUTA_REGION_INIT;
      if (bauta_result_region(result, i, &region) != BAUTA_OK) continue;
      printf("face at %d, %d: %d x %d%s%s\n", region.box.x, region.box.y, region.box.width, region.box.height,
             region.written == BAUTA_AS_ASKED ? "" : ", a coarser mosaic than asked for",
             region.identity == BAUTA_IDENTITY_UNCHECKED ? ", unchecked whether it is recognized" : "");
    }
    record_path(path, beside, sizeof beside);
    if (write_text(beside, bauta_result_record(result)))
      status = 0;
    else
      fprintf(stderr, "anonymize: %s: cannot be written\n", beside);
  }
  bauta_result_free(result);
  bauta_checker_free(checker);
  bauta_detector_free(detector);
  return status;
}

static int restore(const bauta_model* model, const bauta_key* key, const bauta_picture* picture, uint8_t* out,
                   const char* path) {
  char beside[4096];
  bauta_restore_options options = BAUTA_RESTORE_OPTIONS_INIT;
  options.key = key;
  record_path(path, beside, sizeof beside);
  char* record = read_text(beside); /* without one a keyed picture is searched */
  const bauta_status status = bauta_restore(model, &options, picture, record, out, 0, NULL);
  free(record);
  return status == BAUTA_OK ? 0 : failed();
}

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5 || (strcmp(argv[1], "hide") != 0 && strcmp(argv[1], "restore") != 0)) {
    fprintf(stderr, "usage: anonymize hide|restore IN.png OUT.png [KEY_FILE]\n");
    return 2;
  }
  bauta_key* key = NULL;
  bauta_model* model = NULL;
  if (argc == 5 ? bauta_key_from_file(argv[4], &key) != BAUTA_OK : bauta_model_load(NULL, &model) != BAUTA_OK)
    return failed();

  png_image png;
  memset(&png, 0, sizeof png);
  png.version = PNG_IMAGE_VERSION;
  uint8_t* pixels = NULL;
  int status = 1;
  if (png_image_begin_read_from_file(&png, argv[2])) {
    png.format = PNG_FORMAT_RGB;
    pixels = malloc(PNG_IMAGE_SIZE(png));
    if (pixels && png_image_finish_read(&png, NULL, pixels, 0, NULL)) {
      const bauta_picture picture = {pixels, (int32_t)png.width, (int32_t)png.height, 0};
      /* In place. */
      status = strcmp(argv[1], "hide") == 0 ? hide(model, key, &picture, pixels, argv[3])
                                            : restore(model, key, &picture, pixels, argv[2]);
      if (status == 0) status = png_image_write_to_file(&png, argv[3], 0, pixels, 0, NULL) ? 0 : 1;
    }
  }
  if (png.warning_or_error) fprintf(stderr, "anonymize: %s: %s\n", argv[2], png.message);
  free(pixels);
  bauta_model_free(model);
  bauta_key_free(key);
  return status;
}
