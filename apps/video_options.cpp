#include "apps/video_options.h"

namespace bauta {
namespace {

void add_key_choices(CLI::App& command, VideoOptions& options) {
  add_key_options(command, options.key, "the faces");
  command.get_option("--key-file")
      ->description(
          "keyed: what restoring needs is enciphered into the faces, under the key in this file; into an "
          ".mkv file, lossless; without it nothing can be restored; with --restore also a recipient's "
          "private "
          "key");
  command.get_option("--passphrase")
      ->description("keyed: under a passphrase, asked for on the terminal; it can be guessed, a key cannot");
  command
      .add_option("--recipient", options.recipients,
                  "keyed: file with the public key of somebody who may restore, too or alone; again for more")
      ->expected(1)
      ->take_all();
  command.add_flag(
      "--restore", options.restore,
      "bring the faces of a keyed video back, with --key-file or --passphrase: its frames, as RGB, "
      "bit for bit");
}

void add_cover_options(CLI::App& command, VideoOptions& options) {
  command
      .add_option("--blocks", options.blocks,
                  "mosaic blocks across a face, the fewer the less can be seen; default: " +
                      std::to_string(kUsualCoverBlocks) +
                      ", and fewer where a face is recognized through them")
      ->check(CLI::Range(1, 1000));
  command
      .add_option("--cover", options.cover,
                  "blocks, their colours taken once of each face and held; or fill: one grey, of which "
                  "nothing can be told")
      ->check(CLI::IsMember({"blocks", "fill"}))
      ->capture_default_str();
  command
      .add_option("--refresh", options.covers.refresh,
                  "seconds after which a face's colours are taken anew; the more often, the more can be "
                  "gathered from many frames; 0: never")
      ->check(between(0, 1e6))
      ->capture_default_str();
  command
      .add_option("--hold", options.covers.hold,
                  "seconds that a face is covered before it was first found and after it was last, and that "
                  "it may be missed in between; frames in memory grow with it")
      ->check(between(0, 10))
      ->capture_default_str();
  command
      .add_option("--margin", options.margin,
                  "sides of what is covered over those of what the detector found, whose boxes are tight "
                  "and, at the border or in motion, off by some pixels")
      ->check(between(1, 3))
      ->capture_default_str();
  command
      .add_option("--every", options.covers.every,
                  "look for faces in every so many frames, and follow them between")
      ->check(CLI::Range(1, 30))
      ->capture_default_str();
  add_identity_option(command, options.no_identity_check);
}

void add_encoding_options(CLI::App& command, VideoOptions& options) {
  command
      .add_option("--codec", options.wish.codec,
                  "of the output: h264, h265, vp9, or ffv1, which is lossless and large; default: h264, in "
                  ".webm vp9; with a key, and restored into .mkv, ffv1")
      ->check(CLI::IsMember({"h264", "h265", "vp9", "ffv1"}));
  command
      .add_option("--quality", options.wish.quality,
                  "of lossy codecs: constant rate factor, the lower the better")
      ->check(CLI::Range(0, 51))
      ->capture_default_str();
  command.add_option("--preset", options.wish.preset, "of h264 and h265: the slower, the smaller the file")
      ->check(
          CLI::IsMember({"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"}))
      ->capture_default_str();
}

void add_finding_options(CLI::App& command, VideoOptions& options) {
  add_face_options(command, options.faces);
  command.get_option("--boxes")->description(
      "faces of your own instead of a detector: a table with tab-separated columns frame (from 0), bx, by, "
      "bw, bh and a header line; they are held and followed as a detector's are");
  command.get_option("--allow-no-face")
      ->description("a video without a face is no problem, and is written too");
  command.add_flag("--dry-run", options.dry_run, "draw what would be covered, and cover nothing");
}

// There is no open mode; whoever tries it is told why.
void refuse_networks(CLI::App& command) {
  for (const char* name : {"--model", "--code"})
    command
        .add_option_function<std::string>(
            name,
            [name](const std::string&) {
              throw CLI::ValidationError(
                  name,
                  "networks hide no videos: each frame would be drawn anew, and anybody "
                  "could restore it; leave it out, or pass --key-file");
            })
        ->group("");
}

}  // namespace

std::string VideoOptions::mode() const {
  if (restore) return "restored";
  if (dry_run) return "dry-run";
  return keyed() ? "keyed" : "one-way";
}

CLI::App* add_video_command(CLI::App& program, VideoOptions& options) {
  CLI::App* command = add_command(
      program, "video", "cover the faces in a video, for good or under a key, and bring keyed ones back",
      "bauta video party.mp4 --out covered.mp4", options.common);
  command
      ->add_option("VIDEO", options.in,
                   "a video that ffmpeg reads, or y4m: a .y4m file, or - for standard input")
      ->required();
  command
      ->add_option("--out", options.out,
                   "the video to write: .mp4, .m4v, .mov, .mkv, .webm, .y4m, or - for y4m on standard output")
      ->required();
  command->add_flag("--force", options.wish.force, "replace what is there already");
  command->add_option(
      "--report", options.report,
      "what was covered where, frame by frame, or came back: FILE.json or FILE.csv; also of a run "
      "that is interrupted");
  add_key_choices(*command, options);
  add_cover_options(*command, options);
  add_encoding_options(*command, options);
  refuse_networks(*command);
  add_finding_options(*command, options);
  return command;
}

void complete(const CLI::App& command, VideoOptions& options) {
  if (options.restore && !options.key.given())
    throw CLI::RequiresError("--restore", "--key-file, --passphrase or --passphrase-fd");
  if (options.restore && !options.recipients.empty()) throw CLI::ExcludesError("--restore", "--recipient");
  if (options.dry_run && options.keyed()) throw CLI::ExcludesError("--dry-run", "a key");
  if (options.cover == "fill" && command.count("--refresh") > 0)
    throw CLI::ExcludesError("--refresh", "--cover fill");
  if (options.common.json && is_standard_stream(options.out))
    throw CLI::ValidationError("--json", "standard output is the video's (--out -)");
  if (options.restore)
    for (const char* hiding :
         {"--blocks", "--cover", "--refresh", "--hold", "--margin", "--every", "--detector", "--cascade",
          "--score", "--turned", "--boxes", "--min-face", "--dry-run", "--no-identity-check"})
      if (command.count(hiding) > 0) throw CLI::ExcludesError("--restore", hiding);
  options.covers.score = options.faces.score;
  options.covers.only_boxes = options.dry_run;
  ColourWish& colours = options.covers.colours;
  colours.cover = options.cover == "fill" ? Cover::Fill : Cover::Blocks;
  colours.chosen = options.blocks > 0 ? BlocksAre::AskedFor : BlocksAre::Usual;
  if (options.blocks > 0) colours.blocks = options.blocks;
}

}  // namespace bauta
