/* libbauta: takes the faces out of pictures and, for whoever may, puts them back.
 *
 * What can fail returns a bauta_status, BAUTA_OK (0) where it did what was asked; bauta_last_error() then
 * says what was wrong and what to do. Nothing is printed, no signal handled, nothing ends the process, no C++
 * exception leaves.
 *
 * Handles (bauta_model, bauta_detector, bauta_checker, bauta_key, bauta_result) are made by the library and
 * given back with bauta_..._free(), which takes NULL. On failure the handle asked for is NULL. A key may be
 * freed when the call that was given it has returned.
 *
 * Threads: a handle never changes once it is made, so any number of threads may use it at a time; free it
 * when no call with it is under way. A model's network works on one picture at a time, with all of its
 * threads: calls that need it wait for one another. Detectors and checkers have networks for each thread that
 * uses them at the same time. What else a picture needs is done by the calling thread. Use nothing of this in
 * the child of a fork() before which something was used in its parent: OpenMP's threads do not live on in it.
 *
 * Structures begin with struct_size, which BAUTA_..._INIT sets; every other field that is 0 or NULL is its
 * default. Fields are only ever added, at the end, so that a program made with an older bauta.h runs with a
 * newer library. The other way round, a field that the library does not know must be 0, or the call is
 * BAUTA_INVALID_ARGUMENT.
 *
 * Pictures are RGB, 8 bits a channel, rows from the top, at most 100,000,000 pixels, in the caller's memory.
 * `stride` is the bytes from one row's first to the next one's, 0 meaning 3 * width; bytes between rows are
 * neither read nor written. An output may be the input itself (same address and stride), but not overlap it
 * otherwise. It is written at the very end: after any failure it is as it was. bauta_deidentify takes the
 * picture's memory twice more, bauta_restore once.
 *
 * Paths and texts are UTF-8 (paths: bytes as the system has them), ended by a zero.
 */
#ifndef BAUTA_H
#define BAUTA_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define BAUTA_API __attribute__((visibility("default")))
#else
#define BAUTA_API
#endif

#ifdef __cplusplus
extern "C" {
#define BAUTA_NOEXCEPT noexcept
#else
#define BAUTA_NOEXCEPT
#endif

/* Raised when something is added. What was there stays, or the library's SOVERSION changes. */
#define BAUTA_API_VERSION 2

/* ---- versions and errors */

BAUTA_API uint32_t bauta_api_version(void) BAUTA_NOEXCEPT; /* BAUTA_API_VERSION of the library in use */
BAUTA_API const char* bauta_version(void) BAUTA_NOEXCEPT;  /* "0.1.0" */

typedef int32_t bauta_status;
enum {
  BAUTA_OK = 0,
  BAUTA_INVALID_ARGUMENT = 1, /* a mistake in the call */
  BAUTA_FILE = 2,             /* a file that is missing, damaged, or cannot be written */
  BAUTA_NO_FACE = 3,          /* there is none to de-identify; nothing was written */
  BAUTA_CANNOT_OPEN = 4,      /* another key, or a picture or file that was changed */
  BAUTA_NOT_RESTORABLE = 5,   /* nothing in it can come back, or not in this way */
  BAUTA_CANCELLED = 6,        /* by the caller's progress function */
  BAUTA_NO_MEMORY = 7,        /* the machine's or the card's */
  BAUTA_NO_DEVICE = 8,        /* no card to compute on */
  BAUTA_BUFFER_TOO_SMALL = 9, /* the size that is needed was written */
  BAUTA_FAILED = 10,          /* anything else */
  BAUTA_NOT_HIDDEN = 11       /* a face is recognized even in one grey: nothing was written. API version 2 */
};
BAUTA_API const char* bauta_status_name(bauta_status status) BAUTA_NOEXCEPT; /* "BAUTA_NO_FACE" */

/* What was wrong in this thread's last call that failed, and what to do, on one line; "" if none has. Valid
 * until this thread's next call. */
BAUTA_API const char* bauta_last_error(void) BAUTA_NOEXCEPT;

/* ---- keys. What is secret lies in memory that is locked, and wiped with the handle; texts of keys lie in
 * the caller's. */

typedef struct bauta_key bauta_key;
enum {
  BAUTA_SECRET_KEY = 1,  /* hides and restores */
  BAUTA_PASSPHRASE = 2,  /* the same, but can be guessed */
  BAUTA_PRIVATE_KEY = 3, /* a recipient's: restores */
  BAUTA_PUBLIC_KEY = 4   /* a recipient's: hides for them */
};

BAUTA_API bauta_status bauta_key_generate(bauta_key** key) BAUTA_NOEXCEPT; /* a secret key */
BAUTA_API bauta_status bauta_key_generate_private(bauta_key** key) BAUTA_NOEXCEPT;
BAUTA_API bauta_status bauta_key_public(const bauta_key* private_key, bauta_key** key) BAUTA_NOEXCEPT;
/* A key of any kind but a passphrase, as bauta keygen writes it: one line. A file that holds a secret must be
 * its owner's alone. */
BAUTA_API bauta_status bauta_key_from_text(const char* text, bauta_key** key) BAUTA_NOEXCEPT;
BAUTA_API bauta_status bauta_key_from_file(const char* path, bauta_key** key) BAUTA_NOEXCEPT;
/* `length` bytes, taken as they are; at least 8 to hide under. Each picture that is hidden or restored takes
 * half a second and 256 MiB. */
BAUTA_API bauta_status bauta_key_from_passphrase(const char* passphrase, size_t length,
                                                 bauta_key** key) BAUTA_NOEXCEPT;

BAUTA_API int32_t bauta_key_kind(const bauta_key* key) BAUTA_NOEXCEPT; /* 0 for NULL */
/* The key's line without a newline, zero-terminated, BAUTA_KEY_TEXT_SIZE bytes at most. Not for passphrases.
 */
#define BAUTA_KEY_TEXT_SIZE 128
BAUTA_API bauta_status bauta_key_text(const bauta_key* key, char* buffer, size_t size) BAUTA_NOEXCEPT;
/* For telling keys apart, not secret: "0123-4567-89ab-cdef" and a zero. Not for passphrases. */
#define BAUTA_FINGERPRINT_SIZE 20
BAUTA_API bauta_status bauta_key_fingerprint(const bauta_key* key, char* buffer, size_t size) BAUTA_NOEXCEPT;
/* A file that appears only when complete; a secret one readable by its owner alone. Of a private key also
 * PATH.pub. What exists is replaced only where `overwrite` is not 0. */
BAUTA_API bauta_status bauta_key_write_file(const bauta_key* key, const char* path,
                                            int32_t overwrite) BAUTA_NOEXCEPT;
BAUTA_API void bauta_key_free(bauta_key* key) BAUTA_NOEXCEPT;

/* ---- models: a De-ID network, a Re-ID network, or both. Keyed and one-way pictures need none. */

typedef struct bauta_model bauta_model;
enum {
  BAUTA_DEVICE_AUTO = 0, /* a card where there is one */
  BAUTA_DEVICE_CPU = 1,
  BAUTA_DEVICE_CUDA = 2
};
typedef struct bauta_model_options {
  size_t struct_size;
  const char* folder; /* with deid.safetensors, reid.safetensors or reid.locked; NULL: the model that comes
                         with bauta */
  const char* models; /* where that lies; NULL: BAUTA_MODELS of the environment, or share/bauta/models beside
                         the library. A folder that is named and not there is BAUTA_FILE */
  const bauta_key* key; /* opens reid.locked, which without one is left alone */
  int32_t device;
  int32_t threads; /* of a network on the CPU; 0: every core */
} bauta_model_options;
#define BAUTA_MODEL_OPTIONS_INIT \
  { sizeof(bauta_model_options), NULL, NULL, NULL, 0, 0 }

/* options may be NULL. */
BAUTA_API bauta_status bauta_model_load(const bauta_model_options* options,
                                        bauta_model** model) BAUTA_NOEXCEPT;
BAUTA_API int32_t bauta_model_can_deidentify(const bauta_model* model) BAUTA_NOEXCEPT;
BAUTA_API int32_t bauta_model_can_restore(const bauta_model* model) BAUTA_NOEXCEPT;
BAUTA_API void bauta_model_free(bauta_model* model) BAUTA_NOEXCEPT;

/* ---- pictures, boxes, results */

typedef struct bauta_picture {
  const uint8_t* pixels;
  int32_t width, height;
  size_t stride;
} bauta_picture;

typedef struct bauta_box {
  int32_t x, y, width, height; /* pixels; may stick out of the picture */
} bauta_box;

/* How a face can come back, or did. */
enum {
  BAUTA_NOT_AT_ALL = 0, /* a plain mosaic, or one grey */
  BAUTA_NEARLY = 1,     /* by a network, or the companded code */
  BAUTA_EXACTLY = 2,    /* bit for bit */
  BAUTA_DAMAGED = 3     /* what a picture that was changed still tells */
};

/* What was written of a face. */
enum {
  BAUTA_AS_ASKED = 0,
  BAUTA_PLAIN_MOSAIC = 1, /* the network left it recognizable: its blocks alone, nothing to restore */
  BAUTA_COARSER = 2       /* it was still recognized: fewer blocks, or one grey */
};

/* Whether it is still recognized, as bauta_checker says. */
enum {
  BAUTA_IDENTITY_UNCHECKED = 0,    /* there was no checker */
  BAUTA_IDENTITY_NOT_COMPARED = 1, /* it found no face to compare in the box */
  BAUTA_IDENTITY_NOT_RECOGNIZED = 2,
  BAUTA_IDENTITY_RECOGNIZED = 3 /* through just as many blocks as were asked for; take fewer */
};

typedef struct bauta_region {
  size_t struct_size;
  bauta_box box; /* what is hidden: inside the picture */
  int32_t block; /* side of its visible blocks, pixels */
  int32_t k;     /* open: side, in pixels, of what the network takes for one; keyed: the residual's levels */
  int32_t fidelity; /* BAUTA_NOT_AT_ALL ... of bauta_deidentify: how it can come back; of bauta_restore: how
                       it did */
  float score;      /* of bauta_find_faces with YuNet: 0 to 1 */
  /* Of bauta_deidentify; API version 2: */
  int32_t written;  /* BAUTA_AS_ASKED ... */
  int32_t identity; /* BAUTA_IDENTITY_UNCHECKED ... */
  float likeness;   /* how alike the face is before and after, -1 to 1; where it was compared */
} bauta_region;
#define BAUTA_REGION_INIT \
  { sizeof(bauta_region), {0, 0, 0, 0}, 0, 0, 0, 0.0f, 0, 0, 0.0f }

enum {
  BAUTA_OPEN =
      1, /* whoever has the model's Re-ID network can restore: anybody, for the model that comes with bauta */
  BAUTA_ONE_WAY = 2, /* nobody can */
  BAUTA_KEYED = 3    /* whoever has the key can, bit for bit where it fits */
};

typedef struct bauta_result bauta_result;
BAUTA_API size_t bauta_result_count(const bauta_result* result) BAUTA_NOEXCEPT; /* of regions */
BAUTA_API bauta_status bauta_result_region(const bauta_result* result, size_t index,
                                           bauta_region* region) BAUTA_NOEXCEPT;
BAUTA_API int32_t bauta_result_mode(const bauta_result* result)
    BAUTA_NOEXCEPT; /* BAUTA_OPEN ...; 0 of bauta_find_faces */
/* Of bauta_deidentify: what restoring needs to know of the picture beside its pixels, as one line of JSON.
 * Not secret. Keep it with the picture: in a PNG as the text of the keyword BAUTA_RECORD_KEYWORD, or in
 * NAME.json beside NAME.png, the program `bauta reid` finds it too. "" of other results. Lives as long as the
 * result. */
#define BAUTA_RECORD_KEYWORD "bauta"
BAUTA_API const char* bauta_result_record(const bauta_result* result) BAUTA_NOEXCEPT;
BAUTA_API void bauta_result_free(bauta_result* result) BAUTA_NOEXCEPT;

/* ---- finding faces */

typedef struct bauta_detector bauta_detector;
enum {
  BAUTA_DETECTOR_AUTO = 0, /* YuNet where its weights are, or else Haar: ask bauta_detector_kind() which. With
                              a folder of models that was named there is no else: BAUTA_FILE */
  BAUTA_DETECTOR_YUNET = 1, /* fetched/yunet.safetensors in the folder of models */
  BAUTA_DETECTOR_HAAR = 2   /* knows faces from the front alone */
};
typedef struct bauta_detector_options {
  size_t struct_size;
  int32_t kind;
  int32_t smallest;    /* side of the smallest face looked for, pixels; 0: 40, and what YuNet sees of smaller
                          ones, down to 20 */
  float score;         /* how sure YuNet must be, up to 1; 0: 0.6 */
  int32_t threads;     /* for one picture; 0: every core */
  const char* models;  /* as in bauta_model_options */
  const char* cascade; /* OpenCV's XML file for Haar; NULL: its frontal face, where the Debian package
                          opencv-data has it */
} bauta_detector_options;
#define BAUTA_DETECTOR_OPTIONS_INIT \
  { sizeof(bauta_detector_options), 0, 0, 0.0f, 0, NULL, NULL }

/* options may be NULL. */
BAUTA_API bauta_status bauta_detector_load(const bauta_detector_options* options,
                                           bauta_detector** detector) BAUTA_NOEXCEPT;
/* Which it is, BAUTA_DETECTOR_YUNET or BAUTA_DETECTOR_HAAR; 0 for NULL. Haar misses faces that are turned,
 * tilted or partly covered: whoever left the choice to the library should look, or ask for YuNet. */
BAUTA_API int32_t bauta_detector_kind(const bauta_detector* detector) BAUTA_NOEXCEPT;
BAUTA_API void bauta_detector_free(bauta_detector* detector) BAUTA_NOEXCEPT;

/* The picture's faces, largest first; finding none is no failure. */
BAUTA_API bauta_status bauta_find_faces(const bauta_detector* detector, const bauta_picture* picture,
                                        bauta_result** result) BAUTA_NOEXCEPT;

/* ---- checking, since API version 2: a face recognizer (SFace) is shown each face before and after, where
 * YuNet finds it */

typedef struct bauta_checker bauta_checker;
typedef struct bauta_checker_options {
  size_t struct_size;
  int32_t threads;    /* for one picture; 0: every core */
  const char* models; /* as in bauta_model_options; with fetched/yunet.safetensors and
                         fetched/sface.safetensors in it */
} bauta_checker_options;
#define BAUTA_CHECKER_OPTIONS_INIT \
  { sizeof(bauta_checker_options), 0, NULL }

/* Whether those two files are there; 0 also for options that bauta_checker_load refuses. */
BAUTA_API int32_t bauta_checker_is_available(const bauta_checker_options* options) BAUTA_NOEXCEPT;
/* options may be NULL. BAUTA_FILE where its networks are not there. Takes 120 MB of memory, and as much again
 * for each further thread that shows it a face at the same time, 8 at most: who comes then waits. */
BAUTA_API bauta_status bauta_checker_load(const bauta_checker_options* options,
                                          bauta_checker** checker) BAUTA_NOEXCEPT;
BAUTA_API void bauta_checker_free(bauta_checker* checker) BAUTA_NOEXCEPT;

/* ---- de-identifying and restoring */

/* Called by the calling thread before the first face (done = 0) and after each; of bauta_deidentify with a
 * checker also before each face that it is shown (done = of), and from 0 again where a keyed picture is
 * hidden anew. Another value than 0 ends the call with BAUTA_CANCELLED. Looking for faces, and searching a
 * keyed picture that has lost its record, cannot be interrupted. */
typedef int32_t (*bauta_progress)(void* user, size_t done, size_t of);

enum { BAUTA_COVER_BLOCKS = 0, BAUTA_COVER_FILL = 1 /* one grey, which tells nothing */ };
enum {
  BAUTA_CODE_EXACT = 0,
  BAUTA_CODE_COMPANDED = 1, /* nearly, but also from a slightly altered picture */
  BAUTA_CODE_NETWORK = 2    /* the same and nearer, by a model of the keyed channel; restoring needs it too */
};

typedef struct bauta_deid_options {
  size_t struct_size;
  int32_t mode;   /* BAUTA_OPEN, BAUTA_ONE_WAY or BAUTA_KEYED; has no default */
  int32_t blocks; /* across a face, the fewer the less is seen; 0: 4, or the De-ID network's, or 10. Whoever
                     asks for a number gets it, also where a face is recognized through them */
  int32_t cover;  /* one-way and keyed */
  int32_t code;   /* keyed */
  int32_t residual_levels; /* keyed: grain over the blocks; 0: the least that holds the faces */
  const bauta_key* key;    /* keyed: a secret key or a passphrase; may be NULL where there are recipients */
  const bauta_key* const* recipients; /* keyed: public keys of those who may restore, 100 at most */
  size_t recipient_count;
  const bauta_box* boxes; /* the caller's own; NULL: the detector's */
  size_t box_count;
  bauta_progress progress;
  void* user;                   /* for it */
  const bauta_checker* checker; /* NULL: nobody looks whether faces are recognized. API version 2 */
} bauta_deid_options;
#define BAUTA_DEID_OPTIONS_INIT \
  { sizeof(bauta_deid_options), 0, 0, 0, 0, 0, NULL, NULL, 0, NULL, 0, NULL, NULL, NULL }

/* Hides the picture's faces, and only them, in `out` (picture->height rows). model: for BAUTA_OPEN and
 * BAUTA_CODE_NETWORK; detector: without boxes; else NULL. result may be NULL, but without its record an open
 * picture cannot be restored.
 *
 * Fails closed: the pixels of every face are looked at before they are written, in every mode, and with a
 * checker whether it is still recognized. A face that a network did not hide gets the plain mosaic, one that
 * is recognized fewer blocks, one grey in the end (of a keyed picture all faces do), unless blocks, or a
 * model by its folder, were asked for and it shows no more than just those blocks; its region tells. An open
 * face that became a mosaic is BAUTA_NOT_AT_ALL. Without a face the call is BAUTA_NO_FACE. A detector can
 * miss faces: look at the pictures. */
BAUTA_API bauta_status bauta_deidentify(const bauta_model* model, const bauta_detector* detector,
                                        const bauta_deid_options* options, const bauta_picture* picture,
                                        uint8_t* out, size_t out_stride,
                                        bauta_result** result) BAUTA_NOEXCEPT;

typedef struct bauta_restore_options {
  size_t struct_size;
  const bauta_key* key; /* of a keyed picture: what it was hidden under, or a recipient's private key */
  int32_t
      force_damaged; /* not 0: of a keyed picture that was changed, restore what it still tells: changed faces
                        of the companded and network code, the others of any; the rest is BAUTA_NOT_AT_ALL */
  bauta_progress progress;
  void* user;
} bauta_restore_options;
#define BAUTA_RESTORE_OPTIONS_INIT \
  { sizeof(bauta_restore_options), NULL, 0, NULL, NULL }

/* Puts the faces back: of an open picture by the model's Re-ID network, of a keyed one by options->key, all
 * of them or none (but see force_damaged). record: what bauta_result_record() said, or the text that `bauta
 * deid` stored; read as hostile. NULL, for a keyed picture: its pixels are searched for regions under the
 * key, and of those that are found and were changed, or are cut off, the region is BAUTA_NOT_AT_ALL. model
 * and options may be NULL where they are not needed, result always. */
BAUTA_API bauta_status bauta_restore(const bauta_model* model, const bauta_restore_options* options,
                                     const bauta_picture* picture, const char* record, uint8_t* out,
                                     size_t out_stride, bauta_result** result) BAUTA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
