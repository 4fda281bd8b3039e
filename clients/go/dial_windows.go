package abide

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	errorPipeBusy = syscall.Errno(231)
	// The server of the pipe may identify us but not act in our name (SECURITY_SQOS_PRESENT, SECURITY_IDENTIFICATION).
	identification = 0x00100000 | 0x00010000
	// PROCESS_QUERY_LIMITED_INFORMATION.
	queryLimited = 0x1000
	// While every instance of the pipe is in use.
	busyFor = 2 * time.Second
)

var (
	kernel32             = syscall.NewLazyDLL("kernel32.dll")
	peekNamedPipe        = kernel32.NewProc("PeekNamedPipe")
	getNamedPipeServerID = kernel32.NewProc("GetNamedPipeServerProcessId")
)

// dialSocket opens the pipe of this user. That of another user is refused: its owner could return a token of their choice.
func dialSocket(ctx context.Context, path string) (io.ReadWriteCloser, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	for {
		handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_EXISTING, identification, 0)
		if err == nil {
			if err := servedByUs(handle); err != nil {
				syscall.CloseHandle(handle)
				return nil, err
			}
			return &pipe{file: os.NewFile(uintptr(handle), path), handle: handle, closed: make(chan struct{})}, nil
		}
		if err != errorPipeBusy || time.Since(begun) > busyFor || ctx.Err() != nil {
			return nil, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// servedByUs is an error unless the process that serves the pipe has the same user as this process.
func servedByUs(handle syscall.Handle) error {
	var process uint32
	if done, _, err := getNamedPipeServerID.Call(uintptr(handle), uintptr(unsafe.Pointer(&process))); done == 0 {
		return err
	}
	server, err := syscall.OpenProcess(queryLimited, false, process)
	if err != nil {
		return err
	}
	defer syscall.CloseHandle(server)
	theirs, err := userOf(server)
	if err != nil {
		return err
	}
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return err
	}
	ours, err := userOf(self)
	if err != nil {
		return err
	}
	if theirs != ours {
		return errors.New("the pipe is served by another user")
	}
	return nil
}

func userOf(process syscall.Handle) (string, error) {
	var token syscall.Token
	if err := syscall.OpenProcessToken(process, syscall.TOKEN_QUERY, &token); err != nil {
		return "", err
	}
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return "", err
	}
	return user.User.Sid.String()
}

// pipe reads only when data are there: a read that waits could not be ended.
type pipe struct {
	file   *os.File
	handle syscall.Handle
	once   sync.Once
	closed chan struct{}
	// held while the handle is used, so that it is not closed meanwhile.
	held sync.Mutex
}

func (p *pipe) Read(into []byte) (int, error) {
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		count, ready, err := p.readReady(into)
		if ready || err != nil {
			return count, err
		}
		select {
		case <-p.closed:
			return 0, os.ErrClosed
		case <-time.After(wait):
		}
	}
}

func (p *pipe) readReady(into []byte) (int, bool, error) {
	p.held.Lock()
	defer p.held.Unlock()
	select {
	case <-p.closed:
		return 0, false, os.ErrClosed
	default:
	}
	var there uint32
	if done, _, err := peekNamedPipe.Call(uintptr(p.handle), 0, 0, 0, uintptr(unsafe.Pointer(&there)), 0); done == 0 {
		if err == syscall.ERROR_BROKEN_PIPE {
			return 0, false, io.EOF
		}
		return 0, false, err
	}
	if there == 0 {
		return 0, false, nil
	}
	count, err := p.file.Read(into)
	return count, true, err
}

func (p *pipe) Write(bytes []byte) (int, error) { return p.file.Write(bytes) }

func (p *pipe) Close() error {
	var err error
	p.once.Do(func() {
		close(p.closed)
		p.held.Lock()
		defer p.held.Unlock()
		err = p.file.Close()
	})
	return err
}
