// bauta keygen: a key, or a recipient's pair of keys.
#include <cstdio>

#include "apps/command.h"
#include "apps/files.h"
#include "io/recipients.h"
#include "io/secret_key.h"

namespace bauta {
namespace {

struct KeygenOptions {
  CommonOptions common;
  std::filesystem::path out;
  bool recipient = false, force = false;
};

int keygen(const KeygenOptions& options) {
  nlohmann::ordered_json summary{{"command", "keygen"}, {"file", options.out.string()}};
  std::string fingerprint;
  if (options.recipient) {
    const PrivateKey key = PrivateKey::generate();
    write_key_pair_files(options.out, key, options.force);
    fingerprint = key.public_key().fingerprint();
    summary["public_file"] = options.out.string() + ".pub";
    say(options.common, options.out.string() + " opens what is closed for " + options.out.string() +
                            ".pub; keep it to yourself, and give the .pub away");
  } else {
    const SecretKey key = SecretKey::generate();
    write_key_file(options.out, key, options.force);
    fingerprint = key.fingerprint();
    say(options.common, options.out.string() +
                            " opens all that is closed with it, and nothing else does; keep it to yourself, "
                            "and a copy in a safe place");
  }
  summary["fingerprint"] = fingerprint;
  if (options.common.json)
    print_summary(options.common, summary);
  else
    std::printf("%s\n", fingerprint.c_str());
  return 0;
}

}  // namespace

void add_keygen(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<KeygenOptions>();
  CLI::App* command = add_command(program, "keygen", "make a key; its fingerprint on standard output",
                                  "bauta keygen --out album.key", options->common);
  command->add_option("--out", options->out, "the key file, readable by you alone")->required();
  command->add_flag("--recipient", options->recipient,
                    "a pair of keys instead: OUT, and OUT.pub for those who close something for its owner");
  command->add_flag("--force", options->force,
                    "replace what is there; what the old key closed can then never be opened");
  command->callback([options, &exit_code] { exit_code = keygen(*options); });
}

}  // namespace bauta
