#include "cyclegan/video/video_key.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "io/content_hash.h"

namespace bauta {

VideoKey::VideoKey(VideoLock lock, const SecretKey& video, const SecretKey& of_faces)
    : lock_(std::move(lock)),
      of_faces_(SecretKey::from_bytes(of_faces.bytes())),
      of_marks_(video.derive("bauta video: frames", {})) {}

VideoKey VideoKey::make(const Closer& closer, const std::vector<PublicKey>& recipients) {
  require_sodium();
  const SecretKey video = SecretKey::generate();
  VideoLock lock;
  const auto* key = std::get_if<SecretKey>(&closer);
  if (key) lock.ways.ways.push_back(close_for_key(video, *key));
  if (const auto* passphrase = std::get_if<Passphrase>(&closer))
    lock.ways.ways.push_back(close_for_passphrase(video, *passphrase, kUsualPassphraseCost));
  for (const PublicKey& recipient : recipients)
    lock.ways.ways.push_back(close_for_recipient(video, recipient));
  lock.own_key = key && recipients.empty();
  const bool own = lock.own_key;
  return {std::move(lock), video, own ? *key : video};
}

std::optional<VideoKey> VideoKey::open(const VideoLock& lock, const Opener& opener) {
  const std::optional<SecretKey> video = open_header(lock.ways, opener);
  if (!video) return {};
  const auto* key = std::get_if<SecretKey>(&opener);
  if (lock.own_key && !key) return {};
  return VideoKey(lock, *video, lock.own_key ? *key : *video);
}

FrameMark VideoKey::mark(const VideoFrame& frame) const {
  HashKey key;
  std::ranges::copy(of_marks_.bytes(), key.begin());
  ContentHash hash(key);
  hash.add(std::as_bytes(std::span(frame.bytes)));
  const std::string digits = hash.finish();
  FrameMark mark = 0;
  std::from_chars(digits.data(), digits.data() + 2 * sizeof mark, mark, 16);
  return mark;
}

}  // namespace bauta
