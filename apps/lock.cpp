// bauta lock, bauta unlock: a file under lock and key, and back.
#include "apps/command.h"
#include "apps/files.h"
#include "apps/key_options.h"
#include "apps/passphrase.h"
#include "io/file_error.h"
#include "io/locked_file.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

struct LockOptions {
  CommonOptions common;
  fs::path file, out;
  bool force = false;
  std::vector<fs::path> key_files, recipients;
  bool passphrase = false;
  std::optional<int> passphrase_descriptor;
  PassphraseCost cost;
};

struct UnlockOptions {
  CommonOptions common;
  fs::path file, out;
  bool force = false;
  KeyOptions key;
};

void print_done(const CommonOptions& common, const char* command, const fs::path& file, const fs::path& out) {
  print_summary(common, {{"command", command}, {"file", file.string()}, {"output", out.string()}});
}

int lock(const LockOptions& options) {
  require_output(options.file, options.out, options.force);
  for (const auto* read : {&options.key_files, &options.recipients}) require_apart(options.out, *read);
  if (is_locked_file(options.file)) throw FileError(options.file, "is locked already", "unlock it first");
  Closers closers;
  closers.passphrase_cost = options.cost;
  for (const fs::path& path : options.key_files) closers.keys.push_back(read_key_file(path));
  for (const fs::path& path : options.recipients) closers.recipients.push_back(read_public_key_file(path));
  if (options.passphrase) closers.passphrase = ask_new_passphrase("Passphrase for " + options.out.string());
  if (options.passphrase_descriptor) closers.passphrase = read_new_passphrase(*options.passphrase_descriptor);
  lock_file(options.file, options.out, closers, options.force);
  say(options.common, options.out.string() + " is locked; " + options.file.string() +
                          " still lies there for all to read: delete it once the locked one opens");
  print_done(options.common, "lock", options.file, options.out);
  return 0;
}

int unlock(const UnlockOptions& options) {
  require_output(options.file, options.out, options.force);
  require_apart(options.out, {options.key.key_file});
  read_lock_facts(options.file);  // a file that is none is an error before a passphrase is asked for
  unlock_file(options.file, options.out, read_opener(options.key, options.file), options.force);
  print_done(options.common, "unlock", options.file, options.out);
  return 0;
}

}  // namespace

void add_lock(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<LockOptions>();
  CLI::App* command = add_command(
      program, "lock", "put a file, as a Re-ID network, under lock and key",
      "bauta lock run/reid.safetensors --key-file album.key --out run/reid.locked", options->common);
  command->add_option("FILE", options->file, "what is to be locked")->required();
  command->add_option("--out", options->out, "the locked file")->required();
  command->add_flag("--force", options->force, "replace what is there already");
  CLI::Option* key_file =
      command
          ->add_option("--key-file", options->key_files, "a key that opens it; may be repeated, for several")
          ->allow_extra_args(false);
  CLI::Option* recipient =
      command
          ->add_option("--recipient", options->recipients,
                       "a recipient's public key (.pub), whose private key opens it; may be repeated")
          ->allow_extra_args(false);
  CLI::Option* passphrase = command->add_flag("--passphrase", options->passphrase,
                                              "ask on the terminal for a passphrase that opens it");
  CLI::Option* descriptor =
      command
          ->add_option("--passphrase-fd", options->passphrase_descriptor,
                       "read the passphrase from this file descriptor, up to the end of the line")
          ->check(CLI::Range(0, 1 << 20))
          ->excludes(passphrase);
  command
      ->add_option("--passphrase-memory", options->cost.mebibytes,
                   "MiB that it takes to try a passphrase (Argon2id)")
      ->check(CLI::Range(kLowestPassphraseCost.mebibytes, kHighestPassphraseCost.mebibytes))
      ->capture_default_str();
  command->add_option("--passphrase-passes", options->cost.passes, "passes over that memory")
      ->check(CLI::Range(kLowestPassphraseCost.passes, kHighestPassphraseCost.passes))
      ->capture_default_str();
  command->callback([=, &exit_code] {
    if (key_file->count() + recipient->count() + passphrase->count() + descriptor->count() == 0)
      throw CLI::RequiredError("one of --key-file, --recipient, --passphrase, --passphrase-fd");
    exit_code = lock(*options);
  });
}

void add_unlock(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<UnlockOptions>();
  CLI::App* command = add_command(
      program, "unlock", "the file that is in a locked one",
      "bauta unlock run/reid.locked --key-file album.key --out run/reid.safetensors", options->common);
  command->add_option("FILE", options->file, "a file that bauta lock wrote")->required();
  command->add_option("--out", options->out, "what was locked in it, readable by you alone")->required();
  command->add_flag("--force", options->force, "replace what is there already");
  add_key_options(*command, options->key, "the file");
  command->callback([options, &exit_code] {
    if (!options->key.given()) throw CLI::RequiredError("one of --key-file, --passphrase, --passphrase-fd");
    exit_code = unlock(*options);
  });
}

}  // namespace bauta
