#include "tonearm/io/blocking_pool.h"

namespace tonearm::io {

BlockingPool::BlockingPool(std::size_t threads, std::size_t most_waiting)
    : most_waiting_(most_waiting) {
  threads_.reserve(threads);
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { context_.run(); });
  } catch (...) {
    join();
    throw;
  }
}

BlockingPool::~BlockingPool() {
  context_.stop();
  join();
}

void BlockingPool::join() {
  work_.reset();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace tonearm::io
