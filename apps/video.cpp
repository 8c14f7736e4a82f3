// bauta video: a video -> the same with its faces covered, or, of a keyed one, with them back.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "apps/command.h"
#include "apps/files.h"
#include "apps/key_options.h"
#include "apps/video_streams.h"
#include "apps/video_work.h"
#include "io/atomic_file.h"
#include "io/file_error.h"

namespace bauta {
namespace {

struct VideoOptions {
  CommonOptions common;
  std::filesystem::path in, out;
  VideoWish wish;
  FaceOptions faces;
  CoverOptions covers;
  std::string cover = "blocks";
  std::filesystem::path key_file;
  bool restore = false, dry_run = false;

  bool keyed() const { return !key_file.empty(); }
  std::string mode() const {
    if (restore) return "restored";
    if (dry_run) return "dry-run";
    return keyed() ? "keyed" : "one-way";
  }
};

// Whoever is to be told that standard output is closed can't be killed by it.
void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

SecretKey key_of(const VideoOptions& options) { return read_key_file(options.key_file); }

void require_lossless_output(const VideoOptions& options) {
  if (is_y4m(options.out))
    throw FileError(options.out, "is y4m, which has no RGB, and a keyed video is one",
                    "name an .mkv file with --out");
  if (options.out.extension() != ".mkv")
    throw FileError(options.out,
                    "holds no lossless video, and what restoring needs lies in the faces' last bits",
                    "name an .mkv file with --out");
  if (!options.wish.codec.empty() && options.wish.codec != "ffv1")
    throw FileError(options.out,
                    "would be " + options.wish.codec +
                        ", which is lossy, and what restoring needs lies in the faces' last bits",
                    "leave --codec out: a keyed video is ffv1");
}

void require_keyed_video(const std::filesystem::path& path, const std::optional<MediaFacts>& facts) {
  if (!facts) throw FileError(path, "is y4m, and a keyed video is RGB in an .mkv file", "name that file");
  if (!keeps_every_bit(*facts))
    throw FileError(path,
                    "is " + facts->codec + " (" + facts->pixel_format +
                        "), which does not keep every bit: what restoring needs is not in it any more",
                    "take the .mkv file that bauta video --key-file wrote");
}

void require_output_place(const VideoOptions& options) {
  if (is_standard_stream(options.out)) {
    if (isatty(STDOUT_FILENO) == 1)
      throw std::runtime_error(
          "standard output: is a terminal; send the video through a pipe or name a file with --out");
    return;
  }
  require_output(options.in, options.out, options.wish.force);
}

void note_losses(const VideoOptions& options, const VideoInput& input, bool rgb) {
  if (!input.facts) return;
  for (const std::string& line : left_out(*input.facts, options.out, rgb))
    say(options.common, options.in.string() + ": " + line);
}

// On processors, of the ffmpegs that have ended.
double seconds_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

nlohmann::ordered_json summary_of(const VideoOptions& options, const VideoFormat& format,
                                  const VideoOutcome& outcome, double seconds) {
  return {
      {"command", "video"},
      {"mode", options.mode()},
      {"input", options.in.string()},
      {"output", nullptr},
      {"picture", {{"width", format.width}, {"height", format.height}}},
      {"frames", outcome.frames},
      {"frames_with_faces", outcome.frames_with_faces},
      {"faces", outcome.faces},
      {"covers", outcome.covers},
      {"covers_found", outcome.found},
      {"seconds", seconds},
      {"frames_per_second", seconds > 0 ? static_cast<double>(outcome.frames) / seconds : 0},
      {"cpu_seconds",
       {{"detecting", outcome.detecting}, {"covering", outcome.covering}, {"ffmpeg", seconds_of_children()}}},
      {"waiting_seconds", {{"input", outcome.waiting_for_input}, {"output", outcome.waiting_for_output}}}};
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Covers, and gives the output its name if all is well. Returns the summary.
nlohmann::ordered_json cover_file(const VideoOptions& options, Problems& problems) {
  if (options.keyed()) require_lossless_output(options);
  auto facts = look_at(options.in);
  const FrameFaces finder(options.faces, options.common, options.covers);
  const std::optional<SecretKey> key = options.keyed() ? std::optional(key_of(options)) : std::nullopt;
  VideoWish wish = options.wish;
  wish.rgb = options.keyed();
  if (options.keyed()) wish.codec = "ffv1";
  VideoInput input = open_input(options.in, std::move(facts), options.out, wish);
  note_losses(options, input, wish.rgb);
  VideoFormat format = input.source->format();
  if (wish.rgb) format.layout = PixelLayout::Rgb;
  const Descriptor record = key ? unnamed_file(options.out) : Descriptor();
  const auto start = std::chrono::steady_clock::now();
  const auto sink = open_output(options.out, options.in, input, format, wish, record.number());
  const VideoOutcome outcome = cover_video(*input.source, *sink, finder, options.covers, options.common,
                                           key ? &*key : nullptr, record.number());
  const bool nothing = outcome.frames_with_faces == 0 && !options.faces.allow_no_face;
  if (nothing)
    problems.report(options.in.string() +
                    ": no face was found; try a smaller --min-face or --score, or give --boxes, or " +
                    "pass --allow-no-face");
  else
    sink->finish();
  if (outcome.not_exact > 0)
    say(options.common,
        options.in.string() + ": " + std::to_string(outcome.not_exact) +
            " face(s) do not fit bit for bit, they will come back nearly so (the companded code)");
  const std::string damage = input.source->damage();
  if (!damage.empty())
    problems.report(options.in.string() + ": ffmpeg could not read all of it (" + damage +
                    "); look at what was written");
  nlohmann::ordered_json summary = summary_of(options, format, outcome, since(start));
  summary["detector"] = finder.source();
  if (!nothing) summary["output"] = options.out.string();
  return summary;
}

nlohmann::ordered_json restore_file(const VideoOptions& options, Problems& problems) {
  auto facts = look_at(options.in);
  require_keyed_video(options.in, facts);
  const SecretKey key = key_of(options);
  Descriptor record;
  if (facts->bauta_record)
    record = read_record(options.in, *facts);
  else
    say(options.common, options.in.string() +
                            ": has lost its record of regions; every frame is searched for faces, "
                            "which takes long");
  VideoWish wish = options.wish;
  wish.rgb = true;
  if (wish.codec.empty() && options.out.extension() == ".mkv") wish.codec = "ffv1";
  VideoInput input = open_input(options.in, std::move(facts), options.out, wish);
  const VideoFormat format = input.source->format();
  const auto start = std::chrono::steady_clock::now();
  const auto sink = open_output(options.out, options.in, input, format, wish, -1);
  const VideoOutcome outcome =
      restore_video(*input.source, *sink, options.in, options.common, key, record.number());
  nlohmann::ordered_json summary = summary_of(options, format, outcome, since(start));
  if (outcome.faces == 0 && !options.faces.allow_no_face) {
    problems.report(options.in.string() +
                    ": has no face to restore under this key; pass its key, and the video as " +
                    "bauta wrote it");
    return summary;
  }
  sink->finish();
  if (outcome.not_exact > 0)
    say(options.common, options.in.string() + ": " + std::to_string(outcome.not_exact) +
                            " face(s) come back nearly as they were (the companded code)");
  const std::string damage = input.source->damage();
  if (!damage.empty())
    problems.report(options.in.string() + ": ffmpeg could not read all of it (" + damage +
                    "); take a whole copy");
  summary["output"] = options.out.string();
  return summary;
}

int video(VideoOptions options) {
  ignore_broken_pipes();
  options.covers.cover = options.cover == "fill" ? Cover::Fill : Cover::Blocks;
  options.covers.score = options.faces.score;
  options.covers.smallest = options.faces.smallest;
  options.covers.only_boxes = options.dry_run;
  require_output_place(options);
  Problems problems;
  nlohmann::ordered_json summary =
      options.restore ? restore_file(options, problems) : cover_file(options, problems);
  summary["problems"] = problems.count();
  if (!summary["output"].is_null()) {
    char rate[32];
    std::snprintf(rate, sizeof rate, "%.1f", summary["frames_per_second"].get<double>());
    const std::string done = options.restore   ? "restored"
                             : options.dry_run ? "with boxes drawn"
                                               : "de-identified";
    say(options.common,
        counted(summary["frames"].get<std::size_t>(), "frame") + " " + done + ", " +
            std::to_string(summary["frames_with_faces"].get<std::int64_t>()) + " with faces, " + rate +
            " a second, in " + options.out.string() +
            (options.restore || !options.faces.boxes.empty() ? ""
                                                             : "; look at it: a detector can miss faces"));
  }
  print_summary(options.common, summary);
  return problems.exit_code();
}

void add_cover_options(CLI::App& command, VideoOptions& options) {
  command
      .add_option("--blocks", options.covers.blocks,
                  "mosaic blocks across a face, the fewer the less can be seen")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      .add_option("--cover", options.cover,
                  "blocks, their colours taken once of each face and held; or fill: one grey, of which "
                  "nothing can be told")
      ->check(CLI::IsMember({"blocks", "fill"}))
      ->capture_default_str();
  command
      .add_option("--refresh", options.covers.refresh,
                  "seconds after which a face's colours are taken anew; the more often, the more can be "
                  "gathered from "
                  "many frames; 0: never")
      ->check(between(0, 1e6))
      ->capture_default_str();
  command
      .add_option("--hold", options.covers.hold,
                  "seconds that a face is covered before it was first found and after it was last, and that "
                  "it may be "
                  "missed in between; frames in memory grow with it")
      ->check(between(0, 10))
      ->capture_default_str();
  command
      .add_option("--margin", options.covers.margin,
                  "sides of what is covered over those of what the detector found, whose boxes are tight "
                  "and, at the border "
                  "or in motion, off by some pixels")
      ->check(between(1, 3))
      ->capture_default_str();
  command
      .add_option("--every", options.covers.every,
                  "look for faces in every so many frames, and follow them between")
      ->check(CLI::Range(1, 30))
      ->capture_default_str();
}

void add_encoding_options(CLI::App& command, VideoOptions& options) {
  command
      .add_option("--codec", options.wish.codec,
                  "of the output: h264, h265, vp9, or ffv1, which is lossless and large; default: h264, in "
                  ".webm vp9; "
                  "with a key, and restored into .mkv, ffv1")
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

// What would do nothing is a mistake.
void require_mode(const CLI::App& command, const VideoOptions& options) {
  if (options.restore && !options.keyed()) throw CLI::RequiresError("--restore", "--key-file");
  if (options.dry_run && options.keyed()) throw CLI::ExcludesError("--dry-run", "--key-file");
  if (options.cover == "fill" && command.count("--refresh") > 0)
    throw CLI::ExcludesError("--refresh", "--cover fill");
  if (options.common.json && is_standard_stream(options.out))
    throw CLI::ValidationError("--json", "standard output is the video's (--out -)");
  if (!options.restore) return;
  for (const char* hiding :
       {"--blocks", "--cover", "--refresh", "--hold", "--margin", "--every", "--detector", "--cascade",
        "--score", "--turned", "--boxes", "--min-face", "--dry-run"})
    if (command.count(hiding) > 0) throw CLI::ExcludesError("--restore", hiding);
}

}  // namespace

void add_video(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<VideoOptions>();
  CLI::App* command = add_command(
      program, "video", "cover the faces in a video, for good or under a key, and bring keyed ones back",
      "bauta video party.mp4 --out covered.mp4", options->common);
  command
      ->add_option("VIDEO", options->in,
                   "a video that ffmpeg reads, or y4m: a .y4m file, or - for standard input")
      ->required();
  command
      ->add_option("--out", options->out,
                   "the video to write: .mp4, .m4v, .mov, .mkv, .webm, .y4m, or - for y4m on standard output")
      ->required();
  command->add_flag("--force", options->wish.force, "replace what is there already");
  command->add_option(
      "--key-file", options->key_file,
      "keyed: what restoring needs is enciphered into the faces, under the key in this file; into an "
      ".mkv file, lossless; without it nothing can be restored");
  command->add_flag(
      "--restore", options->restore,
      "bring the faces of a keyed video back, with --key-file: its frames, as RGB, bit for bit");
  add_cover_options(*command, *options);
  add_encoding_options(*command, *options);
  refuse_networks(*command);
  add_face_options(*command, options->faces);
  command->get_option("--boxes")->description(
      "faces of your own instead of a detector: a table with tab-separated columns frame (from 0), bx, by, "
      "bw, bh and a "
      "header line; they are held and followed as a detector's are");
  command->get_option("--allow-no-face")
      ->description("a video without a face is no problem, and is written too");
  command->add_flag("--dry-run", options->dry_run, "draw what would be covered, and cover nothing");
  command->callback([options, &exit_code, command] {
    require_mode(*command, *options);
    exit_code = video(*options);
  });
}

}  // namespace bauta
