// bauta serve: a page on this machine to try it on.
#include <csignal>
#include <cstdio>
#include <thread>

#include "apps/command.h"
#include "apps/identity_option.h"
#include "apps/serve/page_server.h"
#include "apps/serve/request_guard.h"

namespace bauta {
namespace {

struct ServeOptions {
  PictureWorkOptions work;
  std::string address = "127.0.0.1";
  int port = 8000;
  int megapixels = 25;
};

// SIGINT and SIGTERM, for the thread that waits for them; every thread begun later leaves them to it.
sigset_t block_ends() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  return ends;
}

void print_address(const ServeOptions& options, const PageServer& server) {
  if (options.work.common.json)
    print_summary(options.work.common,
                  {{"command", "serve"}, {"url", server.url()}, {"port", server.port()}});
  else
    std::printf("%s\n", server.url().c_str());
  std::fflush(stdout);
}

int serve(ServeOptions options) {
  const sigset_t ends = block_ends();
  const CommonOptions& common = options.work.common;
  options.work.limits.pixels = std::int64_t{1'000'000} * options.megapixels;
  const PictureWork work(options.work);
  PageServer server(work, options.work.limits, options.address, options.port, common.threads);
  if (!is_loopback(options.address))
    say(common,
        options.address +
            ": whoever reaches this address can use the page, and pictures and keys cross the network in the "
            "clear; leave --address out, and come by ssh -L");
  print_address(options, server);
  say(common,
      "open the address in a browser; Ctrl+C ends it; pictures and keys stay in memory, and no longer than "
      "the "
      "page needs them");
  std::thread waiting([&] {
    int which = 0;
    sigwait(&ends, &which);
    server.stop();
  });
  try {
    server.serve();
  } catch (...) {
    pthread_kill(waiting.native_handle(), SIGTERM);
    waiting.join();
    throw;
  }
  waiting.join();
  say(common, "stopped");
  return 0;
}

}  // namespace

void add_serve(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = add_command(program, "serve", "a page on this machine to try bauta on, in a browser",
                                  "bauta serve --port 8000", options->work.common);
  add_precision(*command, options->work.common);
  command->add_option("--port", options->port, "to listen on; 0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command
      ->add_option(
          "--address", options->address,
          "to listen on; any but this machine's own lets others in, without a password and in the clear")
      ->capture_default_str();
  command->add_option(
      "--model", options->work.model,
      "folder with deid.safetensors and reid.safetensors or reid.locked, for open mode; default: "
      "bauta's own");
  add_key_options(*command, options->work.key, "the locked network of --model");
  command
      ->add_option("--max-megapixels", options->megapixels,
                   "largest picture that is taken, millions of pixels")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  add_detector_options(*command, options->work.faces);
  add_identity_option(*command, options->work.no_identity_check);
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace bauta
