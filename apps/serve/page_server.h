// The page and what it asks for, over HTTP.
//
//   GET  /       the page (page.html)
//   GET  /facts  what it has to know: limits, detector, the model
//   POST /key    a new key, which the server does not keep; needs no body
//   POST /deid   a picture's bytes -> PNG; ?mode=open|one-way|keyed &blocks=N &cover=blocks|fill
//   POST /reid   a De-ID picture's bytes -> PNG
//
// Other parameters, and one given twice, are refused. The key of a keyed picture comes in the header
// Bauta-Key, as the text of a key file. Beside a picture, the header Bauta-Report tells of it in JSON. What
// is refused is JSON, {"error": what is wrong, "advice": what to do}.
#pragma once

#include <memory>
#include <string>

#include "apps/serve/picture_work.h"

namespace bauta {

class PageServer {
 public:
  // work must outlive it; threads: of OpenMP for a picture, 0: all. Binds, but answers nothing yet. port 0:
  // any that is free. Throws std::runtime_error where the address cannot be had.
  PageServer(const PictureWork& work, const PictureLimits& limits, const std::string& address, int port,
             int threads);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  int port() const;
  std::string url() const;  // "http://127.0.0.1:8000/"

  // Answers until stop() is called, on any thread; what is being worked on then is given up.
  void serve();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bauta
